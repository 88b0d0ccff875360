# SPDX-License-Identifier: MIT
# The book: README, handouts and docs/ as web pages and as a PDF. docs/book/ says how it looks.

BOOK := $(BUILD)/book
# Sphinx reads the tree through links, so that the first page can have the name index: it is
# README.md and the table of contents.
BOOK_FILES := $(filter-out $(BUILD) build README.md,$(wildcard *))
# Warnings are errors: a link that leads nowhere is one.
sphinx = $(module) sphinx -b $(1) -c docs/book -d $(BOOK)/$(1).cache -qW --keep-going \
	$(BOOK)/source $(BOOK)/$(2)

##@ Read it as a book
.PHONY: book
book: ## make a web book of the handouts and docs/ in build/book/html (PDF=1: and a PDF)
	@sh common/make/doctor.sh book
	@rm -rf $(BOOK)/source && mkdir -p $(BOOK)/source
	@$(foreach file,$(BOOK_FILES),ln -s '$(CURDIR)/$(file)' $(BOOK)/source/;)
	@cat README.md docs/book/contents.md > $(BOOK)/source/index.md
	@$(call sphinx,html,html)
	@echo $(BOOK)/html/index.html
	@$(if $(PDF),BOOK_PAPER=1 $(call sphinx,singlehtml,paper) && \
		weasyprint -q $(BOOK)/paper/index.html $(BOOK)/schism-labs.pdf && echo $(BOOK)/schism-labs.pdf)

# begin instructor
.PHONY: drawings
drawings: ## draw the handouts' mermaid blocks for the book (MERMAID=path/to/mermaid.min.js)
	@$(module) grader.commands.drawings '$(MERMAID)'
# end instructor
