# SPDX-License-Identifier: MIT
# Help while working on a lab: the debugger, hints, answers, the tool chain.

##@ When you are stuck
.PHONY: hint answers explain gdb doctor
hint: ## print a hint for TASK=t of LAB=n (LEVEL=1 to 3: more detail)
	@$(python) grader/commands/hint.py $(LAB) $(or $(TASK),0) $(or $(LEVEL),1)

answers: ## print the answers to the questions of LAB=n, once its checks pass (FORCE=1: now)
	@$(python) grader/commands/answers.py $(LAB) $(if $(FORCE),--force)

# Without LAB=, explain builds and boots nothing: the numbers are enough for a paragraph.
with_stage = $(if $(filter file,$(origin LAB)),,$(1))
explain: export ESR := $(ESR)
explain: export FAR := $(FAR)
explain: export HPFAR := $(HPFAR)
# FILE may be in the lab's directory.
explain: export FILE := $(if $(FILE),$(firstword $(wildcard $(FILE) $(LAB_DIR)/$(FILE)) $(FILE)))
explain: $(call with_stage,build)
explain: ## explain an exception: ESR=0x..., FILE=f, or paste a report (LAB=n: with its table walk)
	@$(module) grader.commands.explain --esr "$$ESR" --far "$$FAR" --hpfar "$$HPFAR" --file "$$FILE" \
		$(call with_stage,--image $(IMAGE))

# QEMU waits for gdb at the reset vector and ends when gdb does. The UART's output goes to a
# file, because gdb talks to QEMU over standard input and output. Only this command uses
# sleep=on: a core stopped at a breakpoint counts as asleep for a moment, and with sleep=off
# time would jump to the next timer, or to its end if there is none. Where util-linux is
# installed, setpriv ends QEMU if gdb is killed.
leash = $(if $(shell command -v setpriv),setpriv --pdeathsig KILL --)
ifndef beyond
gdb: export AT := $(AT)
gdb: build ## debug the stage (`help hyp`); AT=lab04.7, a function or file:line: run to it first
	@sh common/make/doctor.sh gdb
	@echo "The UART's output goes to $(or $(uart_file),$(OUT)/uart.txt)"
	@$(GDB) -q $(look_gdb) $(IMAGE) -x grader/gdb/hyp.py \
		-ex 'set remotetimeout 60' -ex 'target remote | exec $(leash) $(QEMU) $(filter-out stdio,$(subst -serial,-serial file:$(or $(uart_file),$(OUT)/uart.txt),$(shell cat common/make/qemu.args))) -kernel $(IMAGE) -icount shift=3,sleep=on -S -gdb stdio $(QEMU_OPTIONS) 2>/dev/null' \
		$(if $(AT),-ex "hyp go $$AT")
endif

doctor: ## list the tools found, the versions tested, and what is missing
	@CROSS=$(CROSS) sh common/make/doctor.sh

##@ Look inside
.PHONY: disasm compile_commands
disasm: build ## write the stage's machine code with its source to build/labNN*/hyp.dis
	@$(CROSS)objdump -dS --no-show-raw-insn $(IMAGE) > $(OUT)/hyp.dis && echo $(OUT)/hyp.dis

compile_commands: $(CONFIG_FILES) ## write compile_commands.json of the stage, for clangd
	@$(MAKE) -nB V=1 build LAB=$(LAB) SOLVED=$(SOLVED) | $(python) grader/commands/compile_commands.py
