# SPDX-License-Identifier: MIT
# Inside a lab directory: `make run` is `make run LAB=n` of the kit.
# The last word: the path may have a blank.
LAB := $(patsubst lab0%,%,$(firstword $(subst -, ,$(lastword $(notdir $(CURDIR))))))

.DEFAULT_GOAL := run
.PHONY: $(or $(MAKECMDGOALS),run)
$(or $(MAKECMDGOALS),run):
	@$(MAKE) --no-print-directory -C .. LAB=$(LAB) $@
