// SPDX-License-Identifier: MIT
/* Power State Coordination Interface 1.1: Arm DEN 0022, "Function prototypes". */
#include "calls.h"
#include "guest.h"
#include "smccc.h"
#include "wait.h"

/* power_state of CPU_SUSPEND, in the original format. */
#define STATE_RESERVED		(GENMASK(31, 26) | GENMASK(23, 17))

/* Arguments of the 32-bit form of a function are w1 to w3. */
static uint64_t argument(const struct vcpu *vcpu, uint32_t function, unsigned int n)
{
	return function & PSCI_64 ? vcpu->x[n] : (uint32_t)vcpu->x[n];
}

/* A vCPU's affinity is 0.0.0.n, without bit 31 of MPIDR_EL1. */
static bool is_a_core(const struct guest *guest, uint64_t affinity)
{
	return affinity < guest->cpu_count;
}

static int64_t cpu_on(struct vcpu *vcpu, uint32_t function)
{
	struct guest *guest = guest_of(vcpu->vm);
	uint64_t target = argument(vcpu, function, 1), entry = argument(vcpu, function, 2);

	if (!is_a_core(guest, target))
		return PSCI_INVALID_PARAMETERS;
	if (!IS_ALIGNED(entry, 4) || !memory_has(guest, entry, 4))
		return PSCI_INVALID_ADDRESS;
	return power_cpu_on(guest, target, entry, argument(vcpu, function, 3));
}

static int64_t affinity_info(struct vcpu *vcpu, uint32_t function)
{
	struct guest *guest = guest_of(vcpu->vm);
	uint64_t target = argument(vcpu, function, 1);

	/* Level 0: a core. Clusters are not asked about since PSCI 1.0. */
	if (!is_a_core(guest, target) || argument(vcpu, function, 2))
		return PSCI_INVALID_PARAMETERS;
	return power_of(guest->cpu[target]);
}

/*
 * Every state is standby: the vCPU waits as in WFI and loses nothing, and the call returns. A
 * power-down state may do that too ("CPU_SUSPEND", "Implementation responsibilities").
 */
static enum trap_result cpu_suspend(struct vcpu *vcpu, uint32_t function)
{
	if (argument(vcpu, function, 1) & STATE_RESERVED)
		return call_result(vcpu, PSCI_INVALID_PARAMETERS);
	vcpu->x[0] = SMCCC_SUCCESS;
	return core_wait(vcpu);
}

static enum trap_result cpu_off(struct vcpu *vcpu)
{
	power_cpu_off(vcore_of(vcpu));
	return TRAP_STOP;
}

static enum trap_result system_end(struct vcpu *vcpu, enum ending ending)
{
	power_end(guest_of(vcpu->vm), ending);
	return TRAP_STOP;
}

static int64_t has(uint32_t function)
{
	switch (function) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
	case PSCI_FEATURES:
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | PSCI_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		return SMCCC_SUCCESS;
	default:
		return SMCCC_NOT_SUPPORTED;
	}
}

enum trap_result psci_call(struct vcpu *vcpu, uint32_t function)
{
	switch (function) {
	case PSCI_VERSION:
		return call_result(vcpu, PSCI_VERSION_1_1);
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | PSCI_64:
		return cpu_suspend(vcpu, function);
	case PSCI_CPU_OFF:
		return cpu_off(vcpu);
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64:
		return call_result(vcpu, cpu_on(vcpu, function));
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64:
		return call_result(vcpu, affinity_info(vcpu, function));
	case PSCI_MIGRATE_INFO_TYPE:
		return call_result(vcpu, PSCI_NO_TRUSTED_OS);
	case PSCI_SYSTEM_OFF:
		return system_end(vcpu, ENDING_OFF);
	case PSCI_SYSTEM_RESET:
		return system_end(vcpu, ENDING_RESET);
	case PSCI_FEATURES:
		return call_result(vcpu, has(vcpu->x[1]));
	default:
		return call_result(vcpu, SMCCC_NOT_SUPPORTED);
	}
}
