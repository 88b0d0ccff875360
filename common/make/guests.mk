# SPDX-License-Identifier: MIT
# The guests of the stage: each is linked for its slot, and guests.S embeds them.

# "0-counter_os 1-memwalk_os": slot and name. A guest is labNN/guests/NAME.c or .S, or all
# of labNN/guests/NAME/, and the runtime next to it. GUESTS may name guests of any lab, of
# grader/guests, and with OPEN=1 of open/guests in the lab, which replaces none of the others.
GUEST_IDS   := $(join $(addsuffix -,$(wordlist 1,$(words $(GUESTS)),\
	0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)),$(GUESTS))
GUEST_ROOTS := $(LAB_DIR)/guests $(addsuffix /guests,$(filter-out $(LAB_DIR),$(LAB_DIRS)) grader) \
	$(if $(opens),$(LAB_DIR)/open/guests)

# The sources of $(1), a guest or a runtime, with those of solved labs from solutions/.
guest_own    = $(wildcard $(1).c $(1).S $(1)/*.c $(1)/*.S)
guest_solved = $(if $(filter $(lab_of),$(SOLVED_LABS)),\
	$(wildcard $(foreach p,.c .S /*.c /*.S,solutions/$(1)$(p))))
guest_part   = $(filter-out $(patsubst solutions/%,%,$(guest_solved)),$(guest_own)) $(guest_solved)
guest_root   = $(firstword $(foreach d,$(GUEST_ROOTS),$(if $(strip $(call guest_part,$(d)/$(1))),$(d))))

GUEST_LIB := $(addprefix common/lib/,printf.c string.c panic.c say.c early.c todo.c todo_stop.S smc.S)

GUEST_LD  := $(call object_folder,common)/guest.ld

# Code of guests is compiled for the slot that it runs in, GUEST_SLOT. This code does not
# use that name, so it is compiled once for all slots.
ANY_SLOT := common/% %.S lab04-traps/guests/runtime/% %/guests/runtime/console.c \
	$(addprefix %/guests/,brief_hog.c hog.c punctual_ticks.c quiet.c sgis.c signer.c sleeper/main.c stopwatch.c)
slot_for = $(if $(filter $(ANY_SLOT),$(1)),,$(2))

# $(1): slot-name, $(2): the folder that it is in
define guest_rules
GUEST_SOURCES_$(1) := $(call guest_part,$(2)/$(call after,$(1))) $(call guest_part,$(call runtime,$(2))) $(GUEST_LIB)
GUEST_OBJECTS_$(1) := $$(foreach s,$$(GUEST_SOURCES_$(1)),\
	$$(call object,$$(s),$$(call slot_for,$$(s),$(call before,$(1)))))

$(OUT)/guest/$(1).elf: $$(GUEST_OBJECTS_$(1)) $(GUEST_LD) $(OUT)/parts
	@mkdir -p $$(@D)
	$$(Q)$$(link) --defsym=GUEST_SLOT=$(call before,$(1)) -T $(GUEST_LD) $$(GUEST_OBJECTS_$(1)) -o $$@
endef
$(foreach id,$(GUEST_IDS),$(eval $(call guest_rules,$(id),$(call guest_root,$(call after,$(id))))))

# The preprocessor knows the memory map; GUEST_SLOT stays a name until a guest is linked.
$(GUEST_LD): common/guest.ld $(call object_folder,common)/config.h $(BUILD)/flags
	$(Q)$(CC) -E -P -x assembler-with-cpp -include $(@D)/config.h -Icommon/include \
		-MMD -MP -MF $@.d -MT $@ $< -o $@

$(OUT)/guest/%.bin: $(OUT)/guest/%.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(OUT)/guests.S: $(OUT)/parts
	@{ printf '/* Written by make: the guests of this stage. */\n'; \
	printf '\t.section .rodata.guests, "a"\n'; \
	$(foreach id,$(GUEST_IDS),printf '\t.balign 16\nstart_$(call before,$(id)):\t.incbin "$(OUT)/guest/$(id).bin"\nend_$(call before,$(id)):\nname_$(call before,$(id)):\t.asciz "$(call after,$(id))"\n';) \
	printf '\t.balign 8\n\t.globl guest_images, guest_image_count\n'; \
	printf 'guest_image_count:\t.quad $(words $(GUESTS))\nguest_images:\n'; \
	$(foreach id,$(GUEST_IDS),printf '\t.quad name_$(call before,$(id)), start_$(call before,$(id)), end_$(call before,$(id))\n';) } > $@

$(OUT)/guests.o: $(OUT)/guests.S $(GUEST_IDS:%=$(OUT)/guest/%.bin) $(BUILD)/flags
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
