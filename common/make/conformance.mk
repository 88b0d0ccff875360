# SPDX-License-Identifier: MIT
# The conformance guests of beyond/guests: an ELF each, of one file there and the runtime.

# Those of the second list need two cores or more.
CONFORMANCE_GUESTS := gic_distributor gic_redistributor gic_cpu_interface gic_sgi timers psci \
	id_registers exceptions devices
CONFORMANCE_CORES  := gic_routing psci_cores litmus

CONFORMANCE := $(BUILD)/conformance
GUEST       ?= $(CONFORMANCE_GUESTS) $(CONFORMANCE_CORES)
conformance_objects := $(foreach s,common/lib/printf.c common/lib/string.c,$(call object,$(s))) \
	$(patsubst beyond/guests/%,$(CONFORMANCE)/%.o,$(wildcard beyond/guests/runtime/*.[cS]))

# The headers of the labs' common code and of the runtime; no lab's.
conformance_compile = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -Icommon/include -Ibeyond/guests/runtime \
	-MMD -MP -c $< -o $@
$(CONFORMANCE)/%.o: beyond/guests/% $(BUILD)/flags
	$(conformance_compile)

$(CONFORMANCE)/%.elf: $(CONFORMANCE)/%.c.o $(conformance_objects) beyond/guests/guest.ld
	$(Q)$(link) -T beyond/guests/guest.ld $(filter %.o,$^) -o $@
.PRECIOUS: $(CONFORMANCE)/%.o

-include $(wildcard $(CONFORMANCE)/*.d $(CONFORMANCE)/runtime/*.d)

##@ Beyond the six labs
.PHONY: conformance conformance_build
conformance_build: tools-build $(patsubst %,$(CONFORMANCE)/%.elf,$(GUEST))

conformance: conformance_build ## check the architecture from inside of a machine: BARE=1 (GUEST="a b", CORES=n, CPU=model)
	@$(if $(filter 1,$(BARE)),,$(error conformance: say BARE=1, the machine without a hypervisor; \
		no VM runs these guests yet))$(module) grader.commands.conformance --folder $(CONFORMANCE) \
		$(if $(CORES),--cores $(CORES)) $(if $(CPU),--cpu $(CPU)) $(GUEST)
