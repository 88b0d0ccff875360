# SPDX-License-Identifier: MIT
# Commands that boot a stage and show what it does.

ifneq ($(and $(filter map,$(MAKECMDGOALS)),$(filter 1,$(LAB))),)
$(error map: EL2 maps nothing before stage 2, so LAB=2 to LAB=6)
endif
ifneq ($(and $(filter timeline,$(MAKECMDGOALS)),$(filter-out 5 6,$(LAB))),)
$(error timeline: nothing is scheduled before stage 5, so LAB=5 or LAB=6)
endif

##@ See what it does
.PHONY: map timeline trace bench diff
map: build ## draw and list what EL2 and each VM have mapped (LAB=2 to 6)
	@sh common/make/doctor.sh picture
	@$(module) grader.commands.map $(IMAGE)

# The trace changes times a little, so the traced image is kept next to the usual one.
timeline: ## draw which vCPU ran when, and why its turn ended (LAB=5, 6; FROM=ms, TO=ms: a part)
	@sh common/make/doctor.sh picture
	@$(MAKE) build LAB=$(LAB) SOLVED=$(SOLVED) TRACE=1 VARIANT=trace
	@$(module) grader.commands.timeline $(OUT)-trace/hyp.elf --from='$(FROM)' --to='$(TO)'

trace: build ## list every exception of a run, decoded (COUNT=n lines, 0: all; TAIL=n: the end; UART=1: in full)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.exceptions $(IMAGE) --count='$(COUNT)' --tail='$(TAIL)' $(if $(UART),--uart)

bench: ## measure exits and switches, and compare with the reference, if it is here (FUNCTIONS=1: by function)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.bench --solved $(SOLVED) --build $(BUILD) $(if $(FUNCTIONS),--functions)

diff: ## show what LAB=n adds to the stage before it, as a reader's tour
	@$(module) grader.commands.difference $(LAB)
