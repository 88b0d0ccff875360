# SPDX-License-Identifier: MIT
# Commands that boot a stage and show what it does.

ifndef beyond
ifneq ($(and $(filter map,$(MAKECMDGOALS)),$(filter 1,$(LAB))),)
$(error map: EL2 maps nothing before stage 2, so LAB=2 to LAB=6)
endif
ifneq ($(and $(filter timeline,$(MAKECMDGOALS)),$(filter-out 5 6,$(LAB))),)
$(error timeline: nothing is scheduled before stage 5, so LAB=5 or LAB=6)
endif

##@ See what it does (LAB=beyond: the VMs of VMS=)
.PHONY: map timeline trace path bench diff
map: build ## draw and list what EL2 and each VM have mapped (LAB=2 to 6, beyond)
	@sh common/make/doctor.sh picture
	@$(module) grader.commands.map $(IMAGE)

# The trace changes times a little, so the traced image is kept next to the usual one.
timeline: ## draw which vCPU ran when, and why its turn ended (LAB=5, 6, beyond; FROM=ms, TO=ms: a part)
	@sh common/make/doctor.sh picture
	@$(MAKE) build LAB=$(LAB) SOLVED=$(SOLVED) TRACE=1 VARIANT=trace
	@$(module) grader.commands.timeline $(OUT)-trace/hyp.elf --from='$(FROM)' --to='$(TO)'

trace: build ## list every exception of a run, decoded (COUNT=n, TAIL=n lines; UART=1; ONLY=irq,hvc,wfx; VM=n)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.exceptions $(IMAGE) --count='$(COUNT)' --tail='$(TAIL)' $(if $(UART),--uart) \
		--only='$(ONLY)' --vm='$(VM)'

path: build ## show the calls of one exit: EXIT=hvc, mmio, irq, wfi or switch (HELPERS=1: and small helpers)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.path $(IMAGE) --exit='$(EXIT)' $(if $(HELPERS),--helpers)

bench: ## measure exits and switches, and compare (FUNCTIONS=1: by function; LAB=beyond; LAB=linux: a whole boot)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.bench --solved $(SOLVED) --build $(BUILD) $(if $(FUNCTIONS),--functions)

diff: ## show what LAB=n adds to the stage before it, as a reader's tour
	@$(module) grader.commands.difference $(LAB)
endif
