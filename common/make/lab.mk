# SPDX-License-Identifier: MIT
# Inside a lab directory: `make run` is `make run LAB=n` of the kit.
LAB := $(patsubst lab0%,%,$(firstword $(subst -, ,$(notdir $(CURDIR)))))

.DEFAULT_GOAL := run
.PHONY: $(or $(MAKECMDGOALS),run)
$(or $(MAKECMDGOALS),run):
	@$(MAKE) --no-print-directory -C .. LAB=$(LAB) $@
