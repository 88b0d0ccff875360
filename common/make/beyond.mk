# SPDX-License-Identifier: MIT
# The hypervisor of beyond/: the labs' modules, without those that beyond/ replaces.

BEYOND := $(BUILD)/beyond
BEYOND_IMAGE := $(BEYOND)/hyp.elf
# CHECK=1: locks check their order and owner. INTERACTIVE=1: a person is at the terminal.
CHECK ?= 0
INTERACTIVE ?= 0

beyond_replaced := %/main.c %/selftest.c %/selftest.S %/vm.c %/page_pool.c %/vgic.c %/vuart.c %/aperture.c %/sched.c \
	%/trace.c %/entry_check.c %/guest_load.c %/no_gic.c %/abort_refuse.c %/vcpu_ring.c %/context_create.c

beyond_labs := $(wordlist 1,5,$(LAB_DIRS))
beyond_solved := $(wildcard $(beyond_labs:%=solutions/%/*.[cS]))
BEYOND_SOURCES := $(wildcard common/lib/*.[cS]) \
	$(filter-out $(beyond_replaced),$(beyond_solved) \
	$(filter-out $(beyond_solved:solutions/%=%),$(wildcard $(beyond_labs:%=%/*.[cS])))) \
	lab06-guests/exit_names.c beyond/main.c \
	$(wildcard $(addprefix beyond/,$(addsuffix /*.[cS],cores memory interrupts calls devices systems)))
BEYOND_OBJECTS := $(BEYOND_SOURCES:%=$(BEYOND)/%.o)
beyond_folders := cores memory interrupts calls devices systems
# In order: what beyond/ has, then the labs and their solutions. No name is there twice.
beyond_headers := common/include beyond $(beyond_folders:%=beyond/%) \
	$(beyond_labs:%=solutions/%) $(LAB_DIRS)

$(BEYOND)/config.h: $(call unless_equal,$(BEYOND)/config.h,$(subst ',,$(beyond_config))) | tools-build
	@mkdir -p $(@D) && printf '%s\n' $(beyond_config) > $@
beyond_config = '/* Written by make. */' $(foreach o,CHECK INTERACTIVE TRACE SLOT_PAGES GUARD_PAGES SLICE_US,\
	'$(hash)define CONFIG_$(o) $(if $(filter SLICE_US,$(o)),$(BEYOND_SLICE_US),$($(o)))')
# Longer than the labs': a slice of 4 ms, as Linux's own tick with HZ=250.
BEYOND_SLICE_US ?= 4000

$(BEYOND)/%.o: % $(BEYOND)/config.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -include $(BEYOND)/config.h $(addprefix -I,$(beyond_headers)) -MMD -MP -c $< -o $@

$(BEYOND_IMAGE): $(BEYOND_OBJECTS) common/hyp.ld
	$(Q)$(link) -T common/hyp.ld $(BEYOND_OBJECTS) -o $@
-include $(BEYOND_OBJECTS:.o=.d)

.PHONY: beyond_build
beyond_build: tools-build $(BEYOND_IMAGE)

# begin instructor
.PHONY: beyond_mutants
beyond_mutants: conformance_build ## plant mistakes in beyond/: which guest finds each? (ONLY=name LINUX=1)
	@$(module) grader.quality.beyond --only='$(ONLY)' $(if $(LINUX),--linux $(BUILD)/linux)
# end instructor

# memory/ alone, on the machine: ROUNDS random calls against a model.
MEMORY_ROUNDS ?= 1000000
$(BEYOND)/memory_check.o: grader/qemu/beyond/memory_check.c $(BEYOND)/config.h $(BUILD)/flags FORCE
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -include $(BEYOND)/config.h -DCONFIG_ROUNDS=$(MEMORY_ROUNDS) \
		$(addprefix -I,$(beyond_headers)) -c $< -o $@

memory_objects := $(filter-out %/main.c.o,$(BEYOND_OBJECTS)) $(BEYOND)/memory_check.o
$(BEYOND)/memory.elf: $(memory_objects) common/hyp.ld
	$(Q)$(link) -T common/hyp.ld $(memory_objects) -o $@

.PHONY: memory
memory: tools-build $(BEYOND)/memory.elf ## check beyond/memory on the machine: VMs that come and go, MEMORY_ROUNDS calls
	@PATIENCE=120 bash common/make/run.sh $(BEYOND)/memory.elf
