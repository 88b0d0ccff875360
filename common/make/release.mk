# begin instructor
# SPDX-License-Identifier: MIT
# What instructors give to students, and the finished tree for readers.

##@ Give the kit to a class
.PHONY: release source
release: export RELEASE_TO := $(OUT_GIVEN)
release: ## write the kit for students to build/release (LABS="1 2 3", SOLVED=k, HINTS=2; OUT=repository: and commit it there)
	@$(module) grader.release --labs '$(LABS)' --solved '$(filter-out 0,$(SOLVED))' --hints '$(HINTS)' \
		--out "$$RELEASE_TO" --build '$(BUILD)'

source: ## write labs 1 to LAB with the solutions in place to build/source, a tree to read and to change
	@$(module) grader.release --source $(LAB) --build '$(BUILD)'
# end instructor
