# SPDX-License-Identifier: MIT
# Pictures and lists of what a stage does, from a boot of it.

looks = PYTHONPYCACHEPREFIX=$(abspath $(BUILD))/pycache $(python) -m

ifneq ($(and $(filter map,$(MAKECMDGOALS)),$(filter 1,$(LAB))),)
$(error map: EL2 maps nothing before stage 2, so LAB=2 to LAB=6)
endif

##@ See what it does
.PHONY: map
map: build ## draw what EL2 and each VM have mapped (LAB=2..6), and list it
	@sh common/make/doctor.sh picture
	@$(looks) grader.map $(IMAGE)
