# SPDX-License-Identifier: MIT
# Schism Labs: every command. `make help` lists them from the comments below.

include common/make/shell.mk
include common/make/labs.mk

# LAB=beyond, and LAB=linux for bench: the hypervisor of beyond/ (beyond_commands.mk).
ifneq ($(filter beyond linux,$(LAB)),)
beyond := $(LAB)
override LAB := 6
endif

# AT=lab04.7 implies LAB=4.
AT_LAB := $(filter $(LAB_NUMBERS:%=lab0%),$(firstword $(subst ., ,$(AT))))
LAB    ?= $(or $(AT_LAB:lab0%=%),$(lastword $(LAB_NUMBERS)))
SOLVED ?= 0

ifneq ($(words $(LAB)) $(filter $(LAB),$(LAB_NUMBERS)),1 $(LAB))
$(error LAB=$(LAB): there are labs 1 to $(lastword $(LAB_NUMBERS))$(if $(wildcard beyond),$(comma) and beyond))
endif
said_of_solved := $(if $(SOLVED_NUMBERS),give the number of labs to take from solutions/$(comma) 0 to \
	$(lastword $(SOLVED_NUMBERS)),this kit has no solutions$(comma) so leave SOLVED out)
ifneq ($(words $(SOLVED)) $(filter $(SOLVED),0 $(SOLVED_NUMBERS)),1 $(SOLVED))
$(error SOLVED=$(SOLVED): $(said_of_solved))
endif

MAKEFLAGS += --no-print-directory --no-builtin-rules
# Run as many jobs as there are cores, together with the makes that this one starts.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
endif
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

include common/make/tools.mk
include common/make/holes.mk
include common/make/options.mk
include common/make/submission.mk
include common/make/stage.mk
include common/make/student.mk
include common/make/pictures.mk
include common/make/grade.mk
include common/make/book.mk
include $(wildcard $(addprefix common/make/,class.mk release.mk left_out.mk schools.mk))
include $(if $(wildcard grader/released.sha256),common/make/update.mk)
include $(if $(wildcard beyond),$(addprefix common/make/,conformance.mk beyond.mk linux.mk))
include $(if $(beyond),common/make/beyond_commands.mk)
export CROSS LLVM QEMU BUILD

.PHONY: help
help: ## list the commands
	@sed -n 's/^\([a-z_]*\):.*## \(.*\)/  make \1|\2/p; s/^##@ \(.*\)/\n\1/p' $(MAKEFILE_LIST) | \
	awk -F'|' 'NF == 2 { printf "%-22s %s\n", $$1, $$2; next } { print }'

.PHONY: version
version: ## print the kit's version, and its commit in a clone
	@echo "Schism Labs $$(cat VERSION)$$(git log -1 --format=', commit %h of %cs' 2>/dev/null)"

# begin instructor
##@ See it run
.PHONY: demo
demo: ## boot the finished hypervisor: both guests, then their statistics
	@$(MAKE) run LAB=6 SOLVED=6

# end instructor
##@ Work on a lab (LAB=1..6; SOLVED=k takes labs 1..k from solutions/)
.PHONY: build run
build: $(if $(handed_in),tools-build,tools-build $(IMAGE)) ## build the stage
	$(build_handed_in)
ifndef beyond
run: build ## build the stage and boot it in QEMU
	@$(shown_run) bash common/make/run.sh $(IMAGE) $(QEMU_OPTIONS)
endif

.PHONY: tools-build
tools-build:
	@$(check_options)sh common/make/doctor.sh build
	$(name_wrong_copy)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(BUILD)
