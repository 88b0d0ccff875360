# SPDX-License-Identifier: MIT
# The conformance guests of beyond/guests: an ELF each, of one file there and the runtime.

# Those of the second list need two cores or more.
CONFORMANCE_GUESTS := gic_distributor gic_redistributor gic_cpu_interface gic_sgi timers psci \
	id_registers exceptions devices
CONFORMANCE_CORES  := gic_routing psci_cores litmus
# And those of the third are about EL2's own calls: they need a VM, and two cores.
CONFORMANCE_CALLS  := memory_calls

CONFORMANCE := $(BUILD)/conformance
bare        := $(filter 1,$(BARE))
GUEST       ?= $(CONFORMANCE_GUESTS) $(CONFORMANCE_CORES) $(if $(bare),,$(CONFORMANCE_CALLS))
conformance_objects := $(foreach s,common/lib/printf.c common/lib/string.c,$(call object,$(s))) \
	$(patsubst beyond/guests/%,$(CONFORMANCE)/%.o,$(wildcard beyond/guests/runtime/*.[cS]))

# The headers of the labs' common code and of the runtime; no lab's.
conformance_compile = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -Icommon/include -Ibeyond/guests/runtime -Ibeyond/calls \
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

# A VM of CORES vCPUs, on ON cores; BARE=1: the machine without a hypervisor.
conformance: conformance_build $(if $(bare),,beyond_build) ## check the architecture from inside of a VM (GUEST="a b", CORES=n, ON=n cores; BARE=1)
	@$(if $(bare),,sh common/make/doctor.sh beyond &&) $(module) grader.commands.conformance --folder $(CONFORMANCE) \
		$(if $(bare),,--hypervisor $(BUILD)/beyond/hyp.elf) $(if $(CORES),--cores $(CORES)) \
		$(if $(ON),--on-cores $(ON)) $(if $(CPU),--cpu $(CPU)) $(GUEST)
