# SPDX-License-Identifier: MIT
# How a source becomes an object. Every source is compiled once, for all stages
# and values of SOLVED: its object depends on nothing but the source, the flags,
# and the options that the source uses.

OBJ := $(BUILD)/obj
OPT ?= -O2

# WERROR=1 is what the kit's own tests ask for: a newer compiler locks nobody out.
WARN   := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
	$(if $(filter 1,$(WERROR)),-Werror)
# Options that not every version knows.
known   = $(shell sh common/make/options.sh $(BUILD) $(1))
# No FP registers: those of a guest stay in place while EL2 runs. No unaligned
# access: with the MMU off it would fault. No PIE, whatever the compiler's
# default: its GOT would have to be relocated. Paths are cut for equal builds.
# Nothing that a distribution's compiler adds: options.sh.
CFLAGS := -std=gnu11 $(OPT) -g -ffreestanding -fno-pie -fno-pic \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics \
	-ffunction-sections -fdata-sections -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -ffile-prefix-map="$$PWD"/= $(WARN) \
	$(call known,$(if $(filter 1,$(LLVM)),clang,gcc) $(CC))
ifneq ($(LLVM),1)
# Else GCC makes memset() of the loop inside memset(). Loops that are not aligned have
# no padding in front of them, which would be executed.
CFLAGS += -fno-tree-loop-distribute-patterns -fno-align-loops
endif
ifeq ($(UBSAN),1)
CFLAGS += -fsanitize=undefined $(if $(filter 1,$(LLVM)),-fsanitize-trap=undefined,\
	-fsanitize-undefined-trap-on-error)
endif
LDFLAGS := -nostdlib --gc-sections --build-id=none -z max-page-size=4096 \
	$(if $(filter 1,$(LLVM)),,$(call known,ld $(LD)))

# --- what a source sees ------------------------------------------------------
# Headers of common/ and of labs 1 to its own; a guest's source: of its guest and
# of the runtime. A source from solutions/ sees what the student's sees.
comma   := ,
space   := $() $()
lab_of   = $(firstword $(subst /, ,$(1:solutions/%=%)))
driven   = $(filter $(basename $(notdir $(1)))-%,$(LAB_DIRS))
runtime  = $(if $(filter lab06-guests,$(1)),$(1),lab04-traps)/guests/runtime
labs_to  = $(wordlist 1,$(or $(patsubst lab0%,%,$(firstword $(subst -, ,$(1)))),0),$(LAB_DIRS))
folders  = $(if $(findstring /guests/,$(1)),\
	$(patsubst %/,%,$(dir $(1:solutions/%=%))) $(call runtime,$(lab_of)),\
	$(call labs_to,$(or $(filter lab%,$(lab_of)),$(if $(filter grader/qemu/driver/%,$(1)),\
	$(or $(call driven,$(1)),$(firstword $(LAB_DIRS)))))))

# Options, as NAME-VALUE: the memory map from lab 3 on, which is where the slots
# come in; the others, and the slot that a guest is for, if the source or a header
# that it sees has the name.
USES    := $(shell grep -roE --include='*.[chS]' 'CONFIG_SLICE_US|CONFIG_ROUNDS|CONFIG_TRACE|GUEST_SLOT' \
	lab0* solutions grader/guests)
uses     = $(filter $(1):$(2) $(addsuffix /%.h:$(2),$(folders)),$(USES))
options  = $(if $(filter-out common lab01-% lab02-%,$(lab_of)),$(LAYOUT)) \
	$(foreach o,$(OPTIONS) $(2),$(if $(call uses,$(1),$(call before,$(o))),$(o)))

# The object of source $(1) (of a guest with $(2), GUEST_SLOT-n) has the options
# in its name: sched.c,CONFIG_SLICE_US-100.o, and the rule takes them from there.
object   = $(OBJ)/$(subst $(space),$(comma),$(strip $(1) $(options))).o
source   = $(firstword $(subst $(comma), ,$(1)))
defines  = $(addprefix -D,$(subst -,=,$(wordlist 2,9,$(subst $(comma), ,$(1)))))

# --- rules -------------------------------------------------------------------
Q := $(if $(V),,@)

.PHONY: FORCE
FORCE:

# A file that make writes, $(1), is out of date when its contents are to be others.
unless_equal = $(if $(subst <$(strip $(file <$(1)))>,,<$(strip $(2))>),FORCE)
write        = @mkdir -p $(@D) && echo '$(strip $(1))' > $@

# Each image has a map: which source its code is from (grader/model/link_map.py).
link = $(LD) $(LDFLAGS) -Map=$(@:.elf=.map)

FLAGS := $(CC) $(CFLAGS) $(LD) $(LDFLAGS) -Map
$(BUILD)/flags: $(call unless_equal,$(BUILD)/flags,$(FLAGS)) | tools-build
	$(call write,$(FLAGS))

# Around a hole much is unused, which is nothing to warn of.
compile = $(CC) $(CFLAGS) $(if $(filter $<,$(HOLES)),-Wno-unused -Wno-unused-parameter) $(call defines,$*) \
	$(addprefix -I,common/include $(call folders,$<)) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(OBJ)/%.o: $$(call source,$$*) $(BUILD)/flags | $$(@D)/
	$(Q)$(compile)
