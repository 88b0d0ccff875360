# SPDX-License-Identifier: MIT
# Commands of a lab that mean the hypervisor of beyond/ with LAB=beyond.

.PHONY: run gdb bench
run: linux

bench: beyond_build $(CONFORMANCE)/costs/costs.elf
	@sh common/make/doctor.sh beyond
	@$(module) grader.commands.vm_costs --image $(BEYOND_IMAGE) --guest $(CONFORMANCE)/costs/costs.elf

# As for a lab, with the bundle of VMS=. The first line of --dry-run is a command for run.sh; from its
# fourth word on they are QEMU's options.
gdb: beyond_build
	@sh common/make/doctor.sh gdb
	@$(call run_vms,beyond,$(or $(VMS),linux linux)) --dry-run > $(BEYOND)/gdb.txt
	@echo "The UART's output goes to $(BEYOND)/uart.txt"
	@$(GDB) -q $(BEYOND_IMAGE) -x grader/gdb/beyond.py -ex 'set remotetimeout 60' \
		-ex "target remote | exec $(leash) $(QEMU) $(filter-out stdio,$(subst -serial,-serial file:$(BEYOND)/uart.txt,$(shell cat common/make/qemu.args))) -kernel $(BEYOND_IMAGE) $$(cut -d' ' -f4- $(BEYOND)/gdb.txt) -icount shift=3$(comma)sleep=on -S -gdb stdio 2>/dev/null" \
		$(if $(AT),-ex "tbreak $(AT)" -ex continue)

ifneq ($(filter map timeline trace diff hint answers explain disasm compile_commands,$(MAKECMDGOALS)),)
$(error LAB=beyond: there are run, gdb and bench, and make linux, beyond, conformance)
endif
