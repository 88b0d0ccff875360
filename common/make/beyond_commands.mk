# SPDX-License-Identifier: MIT
# Commands of a lab with LAB=beyond: they boot the VMs of VMS= under the hypervisor of beyond/.

beyond_goals := $(if $(filter linux,$(beyond)),bench,run gdb map timeline trace bench)
ifneq ($(filter-out $(beyond_goals) linux beyond beyond_% conformance conformance_% tools-build help,$(MAKECMDGOALS)),)
$(error LAB=$(beyond): there are $(beyond_goals), and make linux, beyond and conformance)
endif

BEYOND_VMS := $(or $(VMS),linux linux)
built := beyond_build $(if $(lab_guest_os),beyond_lab_guests)
look_at = $(call run_vms,$(1),$(BEYOND_VMS),$(2))

.PHONY: run gdb map timeline trace bench
run: $(if $(VMS)$(DTB),beyond,linux)

map: $(built)
	@sh common/make/doctor.sh beyond && sh common/make/doctor.sh picture
	@$(call look_at,map,vm_map)

# The trace changes times a little, so the traced image is kept next to the usual one.
timeline: $(built)
	@sh common/make/doctor.sh beyond && sh common/make/doctor.sh picture
	@$(MAKE) beyond_build TRACE=1 BEYOND=$(BEYOND)-trace
	@$(call look_at,timeline,vm_timeline) --image $(BEYOND)-trace/hyp.elf --from='$(FROM)' --to='$(TO)'

# The first line of --dry-run is a command for run.sh; from its fourth word on they are QEMU's options.
gdb: export AT := $(AT)
gdb: $(built)
	@sh common/make/doctor.sh beyond && sh common/make/doctor.sh gdb
	@$(call look_at,beyond) --dry-run > $(BEYOND)/gdb.txt
	@echo "The UART's output goes to $(BEYOND)/uart.txt"
	@$(GDB) -q $(BEYOND_IMAGE) -x grader/gdb/hyp.py -ex 'set remotetimeout 60' \
		-ex "target remote | exec $(leash) $(QEMU) $(filter-out stdio,$(subst -serial,-serial file:$(BEYOND)/uart.txt,$(shell cat common/make/qemu.args))) -kernel $(BEYOND_IMAGE) $$(cut -d' ' -f4- $(BEYOND)/gdb.txt) -icount shift=3$(comma)sleep=on -S -gdb stdio 2>/dev/null" \
		$(if $(AT),-ex "hyp go $$AT")

trace: $(built)
	@sh common/make/doctor.sh beyond
	@$(call look_at,trace,vm_trace) --count='$(COUNT)' --tail='$(TAIL)' $(if $(UART),--uart) $(if $(EL1),--el1)

ifeq ($(beyond),linux)
bench: beyond_build
	@sh common/make/doctor.sh beyond && sh common/make/doctor.sh count
	@$(call look_at,bench,linux_costs) $(if $(FUNCTIONS),--functions)
else
bench: beyond_build $(CONFORMANCE)/costs/costs.elf
	@sh common/make/doctor.sh beyond
	@$(module) grader.commands.vm_costs --image $(BEYOND_IMAGE) --guest $(CONFORMANCE)/costs/costs.elf $(if $(FUNCTIONS),--functions)
endif
