# SPDX-License-Identifier: MIT
# Commands that look at a folder that a student handed in: SUBMISSION=dir. The stage is built
# in the sandbox, from a copy of the kit with the submission's files (build/submissions/).

submission_goals := grade why build run gdb map timeline trace path
ifneq ($(SUBMISSION),)
ifneq ($(filter-out $(submission_goals) tools-build help,$(or $(MAKECMDGOALS),help)),)
$(error SUBMISSION= works with $(submission_goals), not with $(filter-out $(submission_goals),$(MAKECMDGOALS)))
endif
ifdef beyond
$(error SUBMISSION= is for labs 1 to 6, not for LAB=$(beyond))
endif
BUILD ?= build
# The folder of a submission's copy is named by a checksum of its path, since a path may have
# any characters.
one_copy  := $(BUILD)/submissions/$(firstword $(shell printf %s $(call quoted,$(SUBMISSION)) | cksum))
handed_in := $(one_copy)/kit/build
# The text of a student's program is made safe for a terminal.
shown_run  = $(module) grader.commands.shown_run
# QEMU and gdb meet at a socket, whose path must be short.
one_tmp   := /tmp/schism-$(firstword $(shell printf %s $(call quoted,$(CURDIR)$(BUILD)$(SUBMISSION)) | cksum))
# gdb reads the student's sources, and loads no script that their image names.
look_gdb   = -iex 'set auto-load off' -iex 'directory $(one_copy)/kit'
uart_file := $(one_tmp)/uart.txt
# A stage may attack QEMU, so QEMU is in a sandbox too, which can write only to that folder.
machine_qemu := $(or $(MACHINE_QEMU),$(QEMU))
export MACHINE_QEMU := $(machine_qemu)
run gdb map timeline trace path: export QEMU := $(one_copy)/qemu
timeline: build	# its recipe asks for QEMU before it builds
run gdb map timeline trace path: export TMPDIR := $(one_tmp)

build: export SUBMISSION := $(SUBMISSION)
build_handed_in = @unset TMPDIR; QEMU=$(call quoted,$(machine_qemu)) $(module) grader.commands.handed_in $(one_copy) $(one_tmp) --lab $(LAB) --solved $(SOLVED) \
	--variant '$(VARIANT)' $(foreach o,$(OPTIONS),--make '$(o)=$($(o))') --make 'GUESTS=$(GUESTS)' \
	$(if $(opens),--make OPEN=1)
endif

##@ Answer a complaint (SUBMISSION=dir also works with run, gdb, map, timeline and trace)
.PHONY: why
why: export SUBMISSION := $(SUBMISSION)
why: ## show why CHECK=lab04.7.value lost points: wanted, seen, transcript, the code and its starter
	@sh common/make/doctor.sh grade
	@$(module) grader.commands.why --check '$(CHECK)' --solved $(SOLVED) --build $(BUILD)/why $(if $(opens),--open)
