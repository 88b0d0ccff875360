# SPDX-License-Identifier: MIT
# A kit for students can take a newer release into the student's work.

##@ Get a newer release
.PHONY: update
update: export FROM := $(FROM)
update: ## bring a newer release into your work: FROM=archive, folder or repository; in a clone: where it is from
	@$(module) grader.commands.update --from "$$FROM"
