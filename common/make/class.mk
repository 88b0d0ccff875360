# begin instructor
# SPDX-License-Identifier: MIT
# A whole class: make grade SUBMISSIONS=dir.
#
#   RESULTS=dir     where scores, pages and results go: build/class
#   POLICY=own      each lab on the student's own earlier labs only
#   ADJUST=file     points that people add or take: adjust.csv among the submissions
#   JOBS=n          how many at a time: as many as there are cores
#   SCHEDULER=url   a Dask scheduler, tcp://host:8786, whose workers have the same kit
#   UNSAFE=1        without sandboxes, where bubblewrap cannot start: for submissions you trust

.PHONY: grade-class
grade-class: export SUBMISSIONS := $(SUBMISSIONS)
grade-class: export RESULTS := $(or $(RESULTS),$(BUILD)/class)
grade-class: export ADJUST := $(ADJUST)
grade-class:
	@sh common/make/doctor.sh grade
	@$(module) grader.classes "$$SUBMISSIONS" --out "$$RESULTS" \
		$(if $(filter file,$(origin LAB)),,--lab $(LAB)) $(if $(POLICY),--policy '$(POLICY)') \
		$(if $(JOBS),--jobs '$(JOBS)') $(if $(SCHEDULER),--scheduler '$(SCHEDULER)') \
		$(if $(ADJUST),--adjust "$$ADJUST") $(if $(filter 1,$(UNSAFE)),--unsafe)
# end instructor
