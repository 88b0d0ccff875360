# SPDX-License-Identifier: MIT
# How stage LAB is built with labs 1..SOLVED from solutions/: common code, the
# modules of labs 1..LAB, the main.c of lab LAB, and the guests of that stage.

LAB_DIR  := $(word $(LAB),$(LAB_DIRS))
NAME     := $(firstword $(subst -, ,$(LAB_DIR)))
BUILD    ?= build
# The tree may have any name, because nothing names it. BUILD is in the names of targets.
paren    := (
unparen  := )
bslash   := $(subst /,\,/)
$(if $(word 2,$(BUILD)),$(error BUILD=$(BUILD): make cannot handle a blank in a path))
$(foreach c,' " & ; | < > * ? [ ] $$ $(bslash) : % $(paren) $(unparen),$(if $(findstring $(c),$(BUILD)),\
	$(error BUILD=$(BUILD): make cannot handle $(c) in a path)))
# VARIANT names an image beside the usual one, such as one with other GUESTS.
OUT      := $(BUILD)/$(NAME)$(if $(filter-out 0,$(SOLVED)),-solved$(SOLVED))$(VARIANT:%=-%)
IMAGE    := $(OUT)/hyp.elf
GUESTS   ?= $(GUESTS_$(LAB))
LABS_IN_STAGE := $(wordlist 1,$(LAB),$(LAB_DIRS))
SOLVED_LABS   := $(wordlist 1,$(SOLVED),$(LAB_DIRS))

# --- options -----------------------------------------------------------------
# A macro for each: objects.mk gives it to the sources that use it.
SLOT_PAGES  ?= 1024
GUARD_PAGES ?= 4
SLICE_US    ?= 100
ROUNDS      ?= 8
TRACE       ?= 0
LAYOUT      := CONFIG_SLOT_PAGES-$(SLOT_PAGES) CONFIG_GUARD_PAGES-$(GUARD_PAGES)
# DRIVER=1: the hyp_main() that runs the grader's scripts, in place of the stage's.
DRIVER      ?= 0
OPTIONS     := CONFIG_SLICE_US-$(SLICE_US) CONFIG_ROUNDS-$(ROUNDS) CONFIG_TRACE-$(TRACE)

# Asked when the stage is built, not when this file is read.
before        = $(firstword $(subst -, ,$(1)))
after         = $(lastword $(subst -, ,$(1)))
too_small     = $(shell $(foreach o,SLOT_PAGES-64 GUARD_PAGES-1 SLICE_US-10 ROUNDS-0 TRACE-0,\
	[ "$($(call before,$(o)))" -ge $(call after,$(o)) ] 2>/dev/null || echo $(o);))
needed        = $(filter $(addsuffix /%,$(filter-out $(SOLVED_LABS),$(LABS_IN_STAGE))),$(HOLES))
check_options = $(foreach f,$(needed),$(if $(wildcard $(f)),,\
	$(error $(f) is missing: make restore FILE=$(f) writes its starter anew)))\
	$(foreach o,$(too_small),\
	$(error $(call before,$(o))=$($(call before,$(o))): give a number, $(call after,$(o)) or more))\
	$(if $(word 17,$(GUESTS)),$(error GUESTS: 16 at most))\
	$(foreach g,$(GUESTS),$(if $(call guest_home,$(g)),,\
	$(error there is no guest '$(g)': labNN/guests/$(g).c or labNN/guests/$(g)/)))

# --- sources -----------------------------------------------------------------
# The modules of lab $(1): of each name the one from solutions/ if that lab is
# solved, else the one in the lab's own directory. main.c and the self-tests are
# no modules: they belong to that one stage.
program   = $(wildcard $(1)/main.c $(1)/selftest.c $(1)/selftest.S)
own       = $(filter-out $(call program,$(1)),$(wildcard $(1)/*.c $(1)/*.S))
solved    = $(if $(filter $(1),$(SOLVED_LABS)),$(wildcard solutions/$(1)/*.c solutions/$(1)/*.S))
overruled = $(patsubst solutions/%,%,$(solved))
modules   = $(filter-out $(overruled),$(own)) $(solved)

DRIVER_SOURCES := grader/qemu/driver/main.c \
	$(wildcard $(foreach lab,$(LABS_IN_STAGE),grader/qemu/driver/$(call before,$(lab)).c))

HYP_SOURCES := $(wildcard common/lib/*.c common/lib/*.S) \
	$(foreach lab,$(LABS_IN_STAGE),$(call modules,$(lab))) \
	$(if $(filter 1,$(DRIVER)),$(DRIVER_SOURCES),$(call program,$(LAB_DIR)))

include common/make/objects.mk
HYP_OBJECTS := $(foreach s,$(HYP_SOURCES),$(call object,$(s))) $(if $(GUESTS),$(OUT)/guests.o)
include common/make/guests.mk

# --- image -------------------------------------------------------------------
# What the image is made of. That alone may change, as when an option goes back
# to a value whose objects are still here: then the image is linked anew.
PARTS := $(subst -,=,$(LAYOUT) $(OPTIONS)) $(HYP_OBJECTS) \
	$(foreach id,$(GUEST_IDS),$(id): $(GUEST_OBJECTS_$(id)))
$(OUT)/parts: $(call unless_equal,$(OUT)/parts,$(PARTS)) | tools-build
	$(call write,$(PARTS))

# What scripts call, though nothing else may: tables of functions in the driver.
ROOTS := $(if $(filter 1,$(DRIVER)),$(DRIVER_SOURCES:grader/qemu/driver/%.c=--undefined=%_functions))

$(IMAGE): $(HYP_OBJECTS) $(OUT)/parts common/hyp.ld
	$(Q)$(link) $(ROOTS) -T common/hyp.ld $(HYP_OBJECTS) -o $@
