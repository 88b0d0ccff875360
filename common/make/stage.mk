# SPDX-License-Identifier: MIT
# How stage LAB is built with labs 1 to SOLVED from solutions/: of common code, the modules
# of labs 1 to LAB, the main.c of lab LAB, and the guests of that stage.

LAB_DIR  := $(word $(LAB),$(LAB_DIRS))
NAME     := $(firstword $(subst -, ,$(LAB_DIR)))
BUILD    ?= build
# No target has the tree's path in its name, so that path may have any characters. BUILD is
# in the names of targets.
paren    := (
unparen  := )
bslash   := $(subst /,\,/)
$(if $(word 2,$(BUILD)),$(error BUILD=$(BUILD): make cannot handle a blank in a path))
$(foreach c,' " & ; | < > * ? [ ] = $$ $(bslash) : % $(paren) $(unparen),$(if $(findstring $(c),$(BUILD)),\
	$(error BUILD=$(BUILD): make cannot handle $(c) in a path)))
# VARIANT=name keeps an image next to the usual one, such as one with other GUESTS.
# On the command line, OUT is the repository for make release.
OUT_GIVEN := $(if $(filter command%,$(origin OUT)),$(OUT))
override OUT := $(or $(handed_in),$(BUILD))/$(NAME)$(if $(filter-out 0,$(SOLVED)),-solved$(SOLVED))$(VARIANT:%=-%)
IMAGE    := $(OUT)/hyp.elf
GUESTS   ?= $(GUESTS_$(LAB))
LABS_IN_STAGE := $(wordlist 1,$(LAB),$(LAB_DIRS))
SOLVED_LABS   := $(wordlist 1,$(SOLVED),$(LAB_DIRS))

# DRIVER=1 takes the hyp_main() that runs the grader's scripts instead of the stage's.
DRIVER   ?= 0
# OPEN=1 takes the design for the lab's open task too: the sources in its folder open/.
OPEN     ?= 0
opens    := $(filter 1,$(OPEN))

before = $(firstword $(subst -, ,$(1)))
after  = $(lastword $(subst -, ,$(1)))

# Mistakes are reported when a stage is built, not when this file is read.
needed        = $(filter $(addsuffix /%,$(filter-out $(SOLVED_LABS),$(LABS_IN_STAGE))),$(HOLES))
check_options = $(if $(opens),\
	$(if $(wildcard $(addprefix $(call open_folder,$(LAB_DIR))/,*.[cS] guests/*)),,\
	$(error OPEN=1: $(LAB_DIR)/open/ has no source: see "Open task" in $(LAB_DIR)/README.md)))\
	$(foreach f,$(filter $(addprefix %/,$(fixed)),$(call opened,$(LAB_DIR))),\
	$(error OPEN=1: $(f): this open task does not replace $(notdir $(f))))\
	$(foreach f,$(needed),$(if $(wildcard $(f)),,\
	$(error $(f) is missing: make restore FILE=$(f) brings back its starter)))$(check_values)\
	$(if $(word 17,$(GUESTS)),$(error GUESTS: 16 at most))\
	$(foreach g,$(GUESTS),$(if $(call guest_root,$(g)),,\
	$(error there is no guest '$(g)': labNN/guests/$(g).c or labNN/guests/$(g)/)))

# A starter that was edited after the last build, although SOLVED takes the solution: the edit
# has no effect, so say so.
not_used        := $(filter $(addsuffix /%,$(SOLVED_LABS)),$(HOLES))
name_wrong_copy  = $(if $(and $(not_used),$(wildcard $(IMAGE))),@find $(not_used) -newer $(IMAGE) 2>/dev/null | \
	while read -r file; do echo "build: you changed $$file$(comma) but SOLVED=$(SOLVED) takes solutions/$$file" >&2; done)

# --- sources -----------------------------------------------------------------
# The modules of lab $(1): if the lab is solved, a file in solutions/ replaces the one of the
# same name in the lab's own directory. main.c and the self-tests are not modules: they
# belong to that one stage.
program   = $(wildcard $(1)/main.c $(1)/selftest.c $(1)/selftest.S)
own       = $(filter-out $(call program,$(1)),$(wildcard $(1)/*.c $(1)/*.S))
solved    = $(if $(filter $(1),$(SOLVED_LABS)),$(wildcard solutions/$(1)/*.c solutions/$(1)/*.S))
overruled = $(patsubst solutions/%,%,$(solved))
modules   = $(filter-out $(overruled) $(replaced),$(own)) $(filter-out $(replaced),$(solved)) $(opened)
# With OPEN=1 lab LAB has more modules. Each replaces the one of the same name.
open_folder = $(if $(filter $(1),$(SOLVED_LABS)),solutions/)$(1)/open
opened      = $(if $(opens),$(if $(filter $(1),$(LAB_DIR)),$(wildcard $(open_folder)/*.[cS])))
replaced    = $(addprefix %/,$(notdir $(opened)))
# What it cannot replace: the program, common/lib/, and with what the task is graded.
fixed       = main.c selftest.c selftest.S $(notdir $(wildcard common/lib/*.[cS])) $(fixed_$(NAME))
fixed_lab05 = $(filter-out sched.c,$(notdir $(wildcard $(LAB_DIRS:%=%/*.[cS]))))
fixed_lab06 = $(notdir $(call opened,$(LAB_DIR)))

DRIVER_SOURCES := grader/qemu/driver/main.c \
	$(wildcard $(foreach lab,$(LABS_IN_STAGE),grader/qemu/driver/$(call before,$(lab)).c) \
	$(if $(opens),grader/qemu/driver/$(NAME)_open.c))

HYP_SOURCES := $(wildcard common/lib/*.c common/lib/*.S) \
	$(foreach lab,$(LABS_IN_STAGE),$(call modules,$(lab))) \
	$(if $(filter 1,$(DRIVER)),$(DRIVER_SOURCES),$(call program,$(LAB_DIR)))

include common/make/objects.mk
HYP_OBJECTS := $(foreach s,$(HYP_SOURCES),$(call object,$(s))) $(if $(GUESTS),$(OUT)/guests.o)
include common/make/guests.mk

# --- objects -----------------------------------------------------------------
PLACES := $(sort common $(foreach s,$(HYP_SOURCES),$(call place,$(s))) $(foreach id,$(GUEST_IDS),\
	$(foreach s,$(GUEST_SOURCES_$(id)),$(call place,$(s),$(call slot_for,$(s),$(call before,$(id)))))))
$(foreach p,$(PLACES),$(eval $(call with_place,folder_rules,$(p))))
CONFIG_FILES := $(foreach p,$(PLACES),$(call with_place,object_folder,$(p))/config.h)

OBJECTS := $(sort $(filter $(OBJ)/%,$(HYP_OBJECTS)) $(foreach id,$(GUEST_IDS),$(GUEST_OBJECTS_$(id))))
-include $(OBJECTS:.o=.d) $(wildcard $(GUEST_LD).d)

# --- image -------------------------------------------------------------------
# What the image is made of. If only this list changes, the image is linked again: an option
# may go back to a value whose objects are still here.
PARTS := $(foreach o,$(OPTIONS),CONFIG_$(o)=$($(o))) $(HYP_OBJECTS) \
	$(foreach id,$(GUEST_IDS),$(id): $(GUEST_OBJECTS_$(id)))
$(OUT)/parts: $(call unless_equal,$(OUT)/parts,$(PARTS)) | tools-build
	$(call write,$(PARTS))

# The driver's tables of functions: scripts use them, and nothing else refers to them.
ROOTS := $(if $(filter 1,$(DRIVER)),$(DRIVER_SOURCES:grader/qemu/driver/%.c=--undefined=%_functions))

$(IMAGE): $(HYP_OBJECTS) $(OUT)/parts common/hyp.ld
	$(Q)$(link) $(ROOTS) -T common/hyp.ld $(HYP_OBJECTS) -o $@
