# SPDX-License-Identifier: MIT
# Schism Labs: every command. `make help` lists them from the comments below.

include common/make/shell.mk

# LAB=beyond: the hypervisor of beyond/ (beyond_commands.mk).
ifeq ($(LAB),beyond)
beyond := 1
override LAB := 6
endif

# AT=lab04.7 implies LAB=4.
AT_LAB := $(filter $(foreach n,1 2 3 4 5 6,lab0$(n)),$(firstword $(subst ., ,$(AT))))
LAB    ?= $(or $(AT_LAB:lab0%=%),6)
SOLVED ?= 0

ifneq ($(words $(LAB)) $(filter $(LAB),1 2 3 4 5 6),1 $(LAB))
$(error LAB=$(LAB): there are labs 1 to 6)
endif
ifneq ($(words $(SOLVED)) $(filter $(SOLVED),0 1 2 3 4 5 6),1 $(SOLVED))
$(error SOLVED=$(SOLVED): give the number of labs to take from solutions/, 0 to 6)
endif

MAKEFLAGS += --no-print-directory --no-builtin-rules
# Run as many jobs as there are cores, together with the makes that this one starts.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
endif
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

include common/make/tools.mk
include common/make/labs.mk
include common/make/holes.mk
include common/make/options.mk
include common/make/stage.mk
include common/make/student.mk
include common/make/grade.mk
include common/make/class.mk
include common/make/book.mk
include common/make/conformance.mk
include common/make/beyond.mk
include common/make/linux.mk
include $(if $(beyond),common/make/beyond_commands.mk,common/make/pictures.mk)
export CROSS LLVM QEMU BUILD

.PHONY: help
help: ## list the commands
	@sed -n 's/^\([a-z_]*\):.*## \(.*\)/  make \1|\2/p; s/^##@ \(.*\)/\n\1/p' $(MAKEFILE_LIST) | \
	awk -F'|' 'NF == 2 { printf "%-22s %s\n", $$1, $$2; next } { print }'

.PHONY: version
version: ## print the kit's version, and its commit in a clone
	@echo "Schism Labs $$(cat VERSION)$$(git log -1 --format=', commit %h of %cs' 2>/dev/null)"

##@ See it run
.PHONY: demo
demo: ## boot the finished hypervisor: both guests, then their statistics
	@$(MAKE) run LAB=6 SOLVED=6

##@ Work on a lab (LAB=1..6; SOLVED=k takes labs 1..k from solutions/)
.PHONY: build run
build: tools-build $(IMAGE) ## build the stage
ifndef beyond
run: build ## build the stage and boot it in QEMU
	@bash common/make/run.sh $(IMAGE) $(QEMU_OPTIONS)
endif

.PHONY: tools-build
tools-build:
	@$(check_options)sh common/make/doctor.sh build

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(BUILD)
