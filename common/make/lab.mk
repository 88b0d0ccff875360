# SPDX-License-Identifier: MIT
# In a lab directory, `make run` is the kit's `make run LAB=n`. The lab is in the last word
# of the path, which may have blanks.
LAB := $(patsubst lab0%,%,$(firstword $(subst -, ,$(lastword $(notdir $(CURDIR))))))

.DEFAULT_GOAL := run
.PHONY: $(or $(MAKECMDGOALS),run)
$(or $(MAKECMDGOALS),run):
	@$(MAKE) --no-print-directory -C .. LAB=$(LAB) $@
