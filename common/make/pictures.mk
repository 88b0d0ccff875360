# SPDX-License-Identifier: MIT
# Pictures and lists of what a stage does, from a boot of it.

ifneq ($(and $(filter map,$(MAKECMDGOALS)),$(filter 1,$(LAB))),)
$(error map: EL2 maps nothing before stage 2, so LAB=2 to LAB=6)
endif
ifneq ($(and $(filter timeline,$(MAKECMDGOALS)),$(filter-out 5 6,$(LAB))),)
$(error timeline: nobody is scheduled before stage 5, so LAB=5 or LAB=6)
endif

##@ See what it does
.PHONY: map timeline trace bench diff
map: build ## draw what EL2 and each VM have mapped (LAB=2 to 6), and list it
	@sh common/make/doctor.sh picture
	@$(module) grader.commands.map $(IMAGE)

# Built with its trace, beside the usual image, whose times it has not quite.
timeline: ## draw who ran when and why no longer (LAB=5, 6; FROM=ms, TO=ms: a part)
	@sh common/make/doctor.sh picture
	@$(MAKE) build LAB=$(LAB) SOLVED=$(SOLVED) TRACE=1 VARIANT=trace
	@$(module) grader.commands.timeline $(OUT)-trace/hyp.elf --from='$(FROM)' --to='$(TO)'

trace: build ## every exception of a run, decoded, a line each (COUNT=n lines; 0: all)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.exceptions $(IMAGE) --count='$(COUNT)'

bench: ## what an exit and a switch cost, compared with the reference (FUNCTIONS=1: by function)
	@sh common/make/doctor.sh run
	@$(module) grader.commands.bench --solved $(SOLVED) --build $(BUILD) $(if $(FUNCTIONS),--functions)

diff: ## a reader's tour of what LAB=n adds to the stage before it
	@$(module) grader.commands.difference $(LAB)
