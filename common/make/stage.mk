# SPDX-License-Identifier: MIT
# How stage LAB is built with labs 1..SOLVED from solutions/: common code, the
# modules of labs 1..LAB, the main.c of lab LAB, and the guests of that stage.

LAB_DIR  := $(word $(LAB),$(LAB_DIRS))
NAME     := $(firstword $(subst -, ,$(LAB_DIR)))
BUILD    ?= build
OUT      := $(BUILD)/$(NAME)$(if $(filter-out 0,$(SOLVED)),-solved$(SOLVED))
IMAGE    := $(OUT)/hyp.elf
GUESTS   ?= $(GUESTS_$(LAB))
LABS_IN_STAGE := $(wordlist 1,$(LAB),$(LAB_DIRS))
SOLVED_LABS   := $(wordlist 1,$(SOLVED),$(LAB_DIRS))

# --- options -----------------------------------------------------------------
# Each is part of config.h or of the flags, and both are files that change only
# when their contents do: what depends on an option is built anew, nothing else.
OPT         ?= -O2
SLOT_PAGES  ?= 1024
GUARD_PAGES ?= 4
SLICE_US    ?= 100
ROUNDS      ?= 8

WARN   := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
	$(if $(CI),-Werror)
# Around a hole much is unused, which is nothing to warn of.
ifneq ($(filter $(LABS_IN_STAGE),$(SOLVED_LABS)),$(LABS_IN_STAGE))
WARN += -Wno-unused
endif
# No FP registers: those of a guest stay in place while EL2 runs. No unaligned
# access: with the MMU off it would fault. No PIE, whatever the compiler's
# default: its GOT would have to be relocated. Paths are cut for equal builds.
CFLAGS := -std=gnu11 $(OPT) -g -ffreestanding -fno-pie -fno-pic \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics \
	-ffunction-sections -fdata-sections -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -ffile-prefix-map=$(CURDIR)/= $(WARN)
ifneq ($(LLVM),1)
# Else GCC makes memset() of the loop inside memset().
CFLAGS += -fno-tree-loop-distribute-patterns
endif
ifeq ($(UBSAN),1)
CFLAGS += -fsanitize=undefined $(if $(filter 1,$(LLVM)),-fsanitize-trap=undefined,\
	-fsanitize-undefined-trap-on-error)
endif
LDFLAGS := -nostdlib --gc-sections --build-id=none -z max-page-size=4096 \
	$(if $(filter 1,$(LLVM)),,--no-warn-rwx-segments)

# --- sources -----------------------------------------------------------------
# The modules of lab $(1): of each name the one from solutions/ if that lab is
# solved, else the one in the lab's own directory. main.c and the self-tests are
# no modules: they belong to that one stage.
program   = $(wildcard $(1)/main.c $(1)/selftest.c $(1)/selftest.S)
own       = $(filter-out $(call program,$(1)),$(wildcard $(1)/*.c $(1)/*.S))
solved    = $(if $(filter $(1),$(SOLVED_LABS)),$(wildcard solutions/$(1)/*.c solutions/$(1)/*.S))
overruled = $(patsubst solutions/%,%,$(solved))
modules   = $(filter-out $(overruled),$(own)) $(solved)

HYP_SOURCES := $(wildcard common/lib/*.c common/lib/*.S) \
	$(foreach lab,$(LABS_IN_STAGE),$(call modules,$(lab))) \
	$(call program,$(LAB_DIR))
HYP_OBJECTS := $(HYP_SOURCES:%=$(OUT)/obj/%.o) $(if $(GUESTS),$(OUT)/guests.o)

INCLUDES := -I$(OUT) -Icommon/include $(addprefix -Isolutions/,$(SOLVED_LABS)) $(addprefix -I,$(LABS_IN_STAGE))

# --- guests ------------------------------------------------------------------
# "0-counter_os 1-memwalk_os": slot and name. A guest is labNN/guests/NAME.c,
# or .S, or all of labNN/guests/NAME/, and the runtime beside it. GUESTS may name
# guests of any lab, and of grader/guests.
GUEST_IDS   := $(join $(addsuffix -,$(wordlist 1,$(words $(GUESTS)),\
	0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)),$(GUESTS))
guest_slot   = $(firstword $(subst -, ,$(1)))
guest_name   = $(lastword $(subst -, ,$(1)))
GUEST_DIRS  := $(LAB_DIR)/guests $(addsuffix /guests,$(filter-out $(LAB_DIR),$(LAB_DIRS)) grader)

# The sources under $(1), with those of solved labs from solutions/.
guest_own    = $(wildcard $(1).c $(1).S $(1)/*.c $(1)/*.S)
guest_solved = $(if $(filter $(firstword $(subst /, ,$(1))),$(SOLVED_LABS)),\
	$(wildcard $(foreach p,.c .S /*.c /*.S,solutions/$(1)$(p))))
guest_part   = $(filter-out $(patsubst solutions/%,%,$(call guest_solved,$(1))),\
	$(call guest_own,$(1))) $(call guest_solved,$(1))
guest_home   = $(firstword $(foreach d,$(GUEST_DIRS),$(if $(strip $(call guest_part,$(d)/$(1))),$(d))))
guest_runtime = $(if $(filter lab06-guests/%,$(1)),$(1)/runtime,lab04-traps/guests/runtime)

# Asked when the stage is built, not when this file is read.
at_least      = $(if $(shell [ "$($(1))" -ge $(2) ] 2>/dev/null && echo yes),,\
	$(error $(1)=$($(1)): give a number, $(2) or more))
needed        = $(filter $(addsuffix /%,$(filter-out $(SOLVED_LABS),$(LABS_IN_STAGE))),$(HOLES))
check_options = $(foreach f,$(needed),$(if $(wildcard $(f)),,\
	$(error $(f) is missing: make restore FILE=$(f) writes its starter anew)))\
	$(call at_least,SLOT_PAGES,64)$(call at_least,GUARD_PAGES,1)\
	$(call at_least,SLICE_US,10)$(call at_least,ROUNDS,0)\
	$(if $(word 17,$(GUESTS)),$(error GUESTS: 16 at most))\
	$(foreach g,$(GUESTS),$(if $(call guest_home,$(g)),,\
	$(error there is no guest '$(g)': labNN/guests/$(g).c or labNN/guests/$(g)/)))

# $(1): slot-name, $(2): its directory
define guest_rules
GUEST_OBJECTS_$(1) := $$(patsubst %,$(OUT)/guest/$(1)/%.o,$$(strip \
	$$(call guest_part,$(2)/$(call guest_name,$(1))) \
	$$(call guest_part,$$(call guest_runtime,$(2))))) \
	$(patsubst %,$(OUT)/obj/common/lib/%.o,printf.c string.c panic.c say.c early.c todo.c todo_stop.S smc.S)
GUEST_CFLAGS_$(1) = $$(CFLAGS) -DGUEST_SLOT=$(call guest_slot,$(1)) \
	-I$(OUT) -Icommon/include -I$(2)/$(call guest_name,$(1)) -I$$(call guest_runtime,$(2))

$(OUT)/guest/$(1)/%.o: % $(OUT)/flags $(OUT)/config.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(GUEST_CFLAGS_$(1)) -MMD -MP -c $$< -o $$@

$(OUT)/guest/$(1)/guest.ld: common/guest.ld $(OUT)/config.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -E -P -x assembler-with-cpp $$(GUEST_CFLAGS_$(1)) -MMD -MP -MT $$@ $$< -o $$@

$(OUT)/guest/$(1).elf: $$(GUEST_OBJECTS_$(1)) $(OUT)/guest/$(1)/guest.ld
	$$(Q)$$(LD) $$(LDFLAGS) -T $(OUT)/guest/$(1)/guest.ld $$(GUEST_OBJECTS_$(1)) -o $$@

$(OUT)/guest/$(1).bin: $(OUT)/guest/$(1).elf
	$$(Q)$$(OBJCOPY) -O binary $$< $$@

-include $$(wildcard $(OUT)/guest/$(1)/*.d $$(GUEST_OBJECTS_$(1):.o=.d))
endef
$(foreach id,$(GUEST_IDS),$(eval $(call guest_rules,$(id),$(call guest_home,$(call guest_name,$(id))))))

# --- rules -------------------------------------------------------------------
Q := $(if $(V),,@)


.PHONY: FORCE
FORCE:

$(OUT)/config.h: FORCE | tools-build
	@mkdir -p $(@D)
	@{ printf '/* Written by make. */\n'; \
	printf '#define CONFIG_SLOT_PAGES U64(%s)\n' '$(SLOT_PAGES)'; \
	printf '#define CONFIG_GUARD_PAGES U64(%s)\n' '$(GUARD_PAGES)'; \
	printf '#define CONFIG_SLICE_US %s\n' '$(SLICE_US)'; \
	printf '#define CONFIG_ROUNDS %s\n' '$(ROUNDS)'; } > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OUT)/flags: FORCE | tools-build
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS) $(LD) $(LDFLAGS) $(GUEST_IDS)' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OUT)/obj/%.o: % $(OUT)/flags $(OUT)/config.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

$(OUT)/guests.S: $(OUT)/flags
	@{ printf '/* Written by make: the guests of this stage. */\n'; \
	printf '\t.section .rodata.guests, "a"\n'; \
	$(foreach id,$(GUEST_IDS),printf '\t.balign 16\nstart_$(call guest_slot,$(id)):\t.incbin "$(OUT)/guest/$(id).bin"\nend_$(call guest_slot,$(id)):\nname_$(call guest_slot,$(id)):\t.asciz "$(call guest_name,$(id))"\n';) \
	printf '\t.balign 8\n\t.globl guest_images, guest_image_count\n'; \
	printf 'guest_image_count:\t.quad $(words $(GUESTS))\nguest_images:\n'; \
	$(foreach id,$(GUEST_IDS),printf '\t.quad name_$(call guest_slot,$(id)), start_$(call guest_slot,$(id)), end_$(call guest_slot,$(id))\n';) } > $@

$(OUT)/guests.o: $(OUT)/guests.S $(GUEST_IDS:%=$(OUT)/guest/%.bin)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(IMAGE): $(HYP_OBJECTS) common/hyp.ld
	$(Q)$(LD) $(LDFLAGS) -T common/hyp.ld $(HYP_OBJECTS) -o $@

-include $(HYP_OBJECTS:.o=.d)
