# SPDX-License-Identifier: MIT
# Grading, and the tests of the kit itself. Both use pytest, in grader/.

##@ Grade
# The status is 0 if there is a score, even if points were lost; with STRICT=1, only if no
# points were lost.
unless_score = status=$$?; $(if $(filter 1,$(STRICT)),,[ $$status -ne 1 ] || exit 0;) exit $$status

.PHONY: grade
grade: export SUBMISSION := $(SUBMISSION)
ifdef SUBMISSIONS
$(if $(wildcard grader/classes),,$(error SUBMISSIONS=: only the instructor's kit grades a class; give SUBMISSION=dir))
grade: grade-class
else
grade: ## grade all labs, or LAB=n, or CHECK=lab01.4, or the open tasks: OPEN=1, or a folder: SUBMISSION=dir, or a class: SUBMISSIONS=dir
	@sh common/make/doctor.sh grade
	@$(module) grader $(if $(filter file,$(origin LAB)),,--lab $(LAB)) --solved $(SOLVED) \
		--build $(BUILD)$(if $(opens),/open --open) $(if $(CHECK),-k $(CHECK)) $(if $(SUBMISSION),--submission "$$SUBMISSION") \
		|| { $(unless_score); }
endif

# begin instructor
.PHONY: test
test: ## test the kit and its grader: everything that CI runs
	@sh common/make/doctor.sh grade
	@$(module) pytest grader/tests -q \
		$(if $(shell $(python) -c 'import xdist' 2>/dev/null && echo yes),-n 2 --dist loadfile)

.PHONY: mutants
mutants: ## grade solutions with typical mistakes: all, or LAB=n, or K=regex of their names
	@sh common/make/doctor.sh grade
	@$(module) grader.quality.mutants $(if $(filter file,$(origin LAB)),,--lab $(LAB)) \
		$(if $(K),-k '$(K)') --build $(BUILD)

.PHONY: variants
variants: ## grade right solutions that differ from ours: all, or LAB=n, or K=regex of their names
	@sh common/make/doctor.sh grade
	@$(module) grader.quality.variants $(if $(filter file,$(origin LAB)),,--lab $(LAB)) \
		$(if $(K),-k '$(K)') --build $(BUILD)

.PHONY: soak
soak: ## grade N times (200) with every core busy: the results must be equal
	@sh common/make/doctor.sh grade
	@$(module) grader.quality.soak $(if $(N),--times $(N)) --solved $(SOLVED) --build $(BUILD)

.PHONY: fuzz
fuzz: ## make up files that break the readers of beyond/systems (FORMAT=cpio, fdt, elf or image; SECONDS=60)
	@$(module) grader.quality.readers.fuzz --format '$(FORMAT)' $(if $(SECONDS),--seconds '$(SECONDS)') \
		--build $(BUILD)

.PHONY: models
models: ## check the protocols of beyond/ with spin, in all states (MUTANTS=1: and mistakes in them)
	@$(module) grader.quality.models $(if $(MUTANTS),--mutants)

##@ Keep the kit in order
.PHONY: distros
distros: ## try the kit on fresh systems, as root (DISTROS="trixie noble", STEPS="demo test", MIRROR=http://host)
	@$(module) grader.quality.distros --folder $(BUILD)/distros --distros '$(DISTROS)' --steps '$(STEPS)' \
		--mirror '$(MIRROR)'

.PHONY: starters
starters: ## write missing starters, cut from solutions/ (FORCE=1: all of them)
	@$(python) grader/core/starters.py $(if $(FORCE),--all)

# end instructor
.PHONY: restore
restore: ## replace your version of one file by its starter: FILE=lab01-boot/uart.c
	@$(if $(FILE),,$(error restore: which file? FILE=lab01-boot/uart.c))$(python) grader/core/starters.py --file $(FILE)
