// SPDX-License-Identifier: MIT
/* Hypercalls: HVC, by its immediate, and SMC, which never reaches the firmware. */
#include "hypercall.h"

#include "guest_memory.h"
#include "printf.h"
#include "smccc.h"
#include "traps.h"
#include "todo.h"

/* Return `result` to the guest in x0. */
static enum trap_result answer(struct vcpu *vcpu, uint64_t result)
{
	vcpu->x[0] = result;
	return TRAP_RESUME;
}

static bool name_ok(const char *name)
{
	for (int i = 0; i < TASK_NAME_SIZE; i++) {
		if (!name[i])
			return i > 0;
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	}
	return false;
}

/* noinline keeps its stack frame out of the other calls. */
__attribute__((noinline))
static enum trap_result task_report(struct vcpu *vcpu)
{
	/* TODO(lab04.6): Copy the record at VA x0 once, check the copy, print one line. */
	todo("lab04.6", "task_report() in lab04-traps/hypercall.c, read lab04-traps/README.md#task-6");
	/* END(lab04.6) */
}

/* Nanoseconds of the loaded vCPU's virtual time: CNTVCT_EL0. */
static uint64_t virtual_ns(void)
{
	uint64_t count = read_sysreg(cntvct_el0);
	uint64_t hz = read_sysreg(cntfrq_el0);

	/* In two parts: count * 10^9 is beyond 64 bits within minutes. */
	return count / hz * 1000000000 + count % hz * 1000000000 / hz;
}

/* SMCCC_ARCH_FEATURES: is the function implemented? */
static int64_t smccc_has(uint32_t function)
{
	switch (function) {
	case SMCCC_VERSION:
	case SMCCC_ARCH_FEATURES:
		return SMCCC_SUCCESS;
	default:
		return SMCCC_NOT_SUPPORTED;
	}
}

/* PSCI_FEATURES: is the function implemented? */
static int64_t psci_has(uint32_t function)
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
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		return SMCCC_SUCCESS;
	default:
		return SMCCC_NOT_SUPPORTED;
	}
}

/*
 * The result of CPU_ON and AFFINITY_INFO, whose first argument is a core: only core
 * 0 exists, and it is on.
 */
static int64_t psci_of_core(struct vcpu *vcpu, int64_t result)
{
	return vcpu->x[1] == 0 ? result : PSCI_INVALID_PARAMETERS;
}

/* All functions but the four of smccc(). noinline, because most guests never call them. */
__attribute__((noinline))
static enum trap_result smccc_other(struct vcpu *vcpu)
{
	switch ((uint32_t)vcpu->x[0]) {
	case SMCCC_VERSION:
		return answer(vcpu, SMCCC_VERSION_1_1);
	case SMCCC_ARCH_FEATURES:
		return answer(vcpu, smccc_has((uint32_t)vcpu->x[1]));
	case PSCI_FEATURES:
		return answer(vcpu, psci_has((uint32_t)vcpu->x[1]));
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64:
		return answer(vcpu, psci_of_core(vcpu, PSCI_ALREADY_ON));
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64:
		return answer(vcpu, psci_of_core(vcpu, PSCI_IS_ON));
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | PSCI_64:
		/* Standby may end at any time, like a WFI: let another vCPU run once. */
		vcpu->x[0] = SMCCC_SUCCESS;
		return TRAP_RESCHEDULE;
	default:
		return answer(vcpu, SMCCC_NOT_SUPPORTED);
	}
}

/* SMCCC and PSCI: the function is in w0, the upper half of x0 is ignored; the result is in x0. */
static inline __attribute__((always_inline))
enum trap_result smccc(struct vcpu *vcpu)
{
	switch ((uint32_t)vcpu->x[0]) {
	/* TODO(lab04.5): PSCI's version; three functions that stop the VM; smccc_other() for all others. */
	default:
		todo("lab04.5", "smccc() in lab04-traps/hypercall.c, read lab04-traps/README.md#task-5");
	/* END(lab04.5) */
	}
}

enum trap_result hypercall_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* TODO(lab04.5): The service that the immediate selects; ELR is already correct. */
	todo("lab04.5", "hypercall_handle() in lab04-traps/hypercall.c, read lab04-traps/README.md#task-5");
	/* END(lab04.5) */
}

enum trap_result smc_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* TODO(lab04.5): Like HVC #0, but the ELR of a trapped SMC is the SMC itself. */
	todo("lab04.5", "smc_handle() in lab04-traps/hypercall.c, read lab04-traps/README.md#task-5");
	/* END(lab04.5) */
}
