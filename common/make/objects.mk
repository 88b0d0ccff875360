# SPDX-License-Identifier: MIT
# How a source becomes an object. Every source is compiled once for all stages and values
# of SOLVED: its object depends on the source, its headers, the flags, and the options of its folder.

OBJ := $(BUILD)/obj
OPT ?= -O2

# Only the kit's own tests ask for WERROR=1: a newer compiler must not lock students out.
WARN   := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef \
	$(if $(filter 1,$(WERROR)),-Werror)
# The options in options.sh that this version of the tool knows.
known   = $(shell sh common/make/options.sh $(BUILD) $(1))
# No FP registers: those of a guest stay in place while EL2 runs. No unaligned access: with
# the MMU off it would fault. No PIE, whatever the compiler's default: its GOT would have
# to be relocated. The tree's path is cut off, so that equal sources give equal images.
CFLAGS := -std=gnu11 $(OPT) -g -ffreestanding -fno-pie -fno-pic \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics \
	-ffunction-sections -fdata-sections -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -ffile-prefix-map="$$PWD"/= $(WARN) \
	$(call known,$(if $(filter 1,$(LLVM)),clang,gcc) $(CC))
ifneq ($(LLVM),1)
# GCC would turn the loop in memset() into a call of memset(). Padding in front of an
# aligned loop would be executed.
CFLAGS += -fno-tree-loop-distribute-patterns -fno-align-loops
endif
# Not -fsanitize=function: clang would put words in front of each function, and trap where
# the grader's scripts call functions of any type.
ifeq ($(UBSAN),1)
CFLAGS += -fsanitize=undefined $(if $(filter 1,$(LLVM)),-fno-sanitize=function \
	-fsanitize-trap=undefined,-fsanitize-undefined-trap-on-error)
endif
LDFLAGS := -nostdlib --gc-sections --build-id=none -z max-page-size=4096 \
	$(if $(filter 1,$(LLVM)),,$(call known,ld $(LD)))

# --- headers -----------------------------------------------------------------
# The sources in folder $(1) see the headers of common/ and of labs 1 to their own; those
# of a guest see their own and the runtime's. What is in solutions/ sees what the student's
# files see.
lab_of  = $(firstword $(subst /, ,$(1:solutions/%=%)))
labs_to = $(wordlist 1,$(patsubst lab0%,%,$(firstword $(subst -, ,$(lab_of)))),$(LAB_DIRS))
runtime = $(if $(filter lab06-%,$(lab_of)),lab06-guests,lab04-traps)/guests/runtime
headers = common/include $(if $(findstring /guests,$(1)),$(1:solutions/%=%) $(runtime),\
	$(if $(filter lab%,$(lab_of)),$(labs_to))$(if $(filter grader/%,$(1)),$(LAB_DIRS)))

# --- rules -------------------------------------------------------------------
Q := $(if $(V),,@)

.PHONY: FORCE
FORCE:

# Make file $(1) out of date unless its contents are already the words $(2).
unless_equal = $(if $(subst <$(strip $(file <$(1)))>,,<$(strip $(2))>),FORCE)
write        = @mkdir -p $(@D) && echo '$(strip $(1))' > $@

# Each image has a map: which source its code is from (grader/model/link_map.py).
link = $(LD) $(LDFLAGS) -Map=$(@:.elf=.map)

FLAGS := $(CC) $(CFLAGS) $(LD) $(LDFLAGS) -Map
$(BUILD)/flags: $(call unless_equal,$(BUILD)/flags,$(FLAGS)) | tools-build
	$(call write,$(FLAGS))

folder = $(patsubst %/,%,$(dir $(1)))
# The object of source $(1), for slot $(2) if it is compiled for one.
object = $(call object_folder,$(folder),$(2))/$(notdir $(1)).o
# The place of a source: FOLDER, or FOLDER@SLOT. And $(1) called with both of place $(2).
place      = $(folder)$(2:%=@%)
with_place = $(call $(1),$(firstword $(subst @, ,$(2))),$(word 2,$(subst @, ,$(2))))

# How the objects of folder $(1) are made, for slot $(2) if they are compiled for one. What
# is left around a hole is often unused, so files with holes are not warned about that.
define folder_rules
$(object_folder)/config.h: $(call unless_equal,$(object_folder)/config.h,$(subst ',,$(config_h))) | tools-build
	@mkdir -p $$(@D) && printf '%s\n' $(config_h) > $$@

$(object_folder)/%.o: $(1)/% $(object_folder)/config.h $(BUILD)/flags
	$$(Q)$$(CC) $$(CFLAGS) $$(if $$(filter $$<,$$(HOLES)),-Wno-unused -Wno-unused-parameter) \
		-include $(object_folder)/config.h $(addprefix -I,$(headers)) -MMD -MP -c $$< -o $$@
endef
