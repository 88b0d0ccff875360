# begin instructor
# SPDX-License-Identifier: MIT
# What the systems of schools want: docs/schools.md.

##@ Where schools are (docs/schools.md)
.PHONY: gradescope moodle
gradescope: ## write the autograder's zip for Gradescope (LAB=n: grade that lab; VISIBILITY=after_due_date)
	@$(module) grader.release.gradescope $(if $(filter file,$(origin LAB)),,--lab $(LAB)) \
		$(if $(VISIBILITY),--visibility '$(VISIBILITY)') --build '$(BUILD)'

moodle: ## add the last grading to build/grade/moodle.csv: STUDENT=ada@example.org (KEY="ID number")
	@$(module) grader.schools.moodle --student $(call quoted,$(STUDENT)) $(if $(KEY),--key $(call quoted,$(KEY))) \
		--folder '$(BUILD)/grade'
# end instructor
