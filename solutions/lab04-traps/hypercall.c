// SPDX-License-Identifier: MIT
/* Hypercalls: HVC by its immediate, and SMC, which never gets any further. */
#include "hypercall.h"

#include "guest_memory.h"
#include "printf.h"
#include "smccc.h"
#include "traps.h"

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

static int64_t task_report(struct vcpu *vcpu)
{
	/* HOLE(lab04.5): Copy the record once, check the copy, print one line. */
	struct task_report report;

	if (guest_copy_from(vcpu, &report, vcpu->x[0], sizeof(report)))
		return HYP_BAD_ADDRESS;
	if (report.version != TASK_REPORT_VERSION || !name_ok(report.name))
		return HYP_BAD_VALUE;
	printf("[report] vm%u task %u %s: sequence %lu, work %lu, at %lu ns\n",
	       vcpu->vm->id, report.task, report.name, report.sequence,
	       report.work, report.virtual_ns);
	return HYP_OK;
	/* END(lab04.5) */
}

/* Nanoseconds of the loaded vCPU's virtual time: CNTVCT_EL0. */
static uint64_t virtual_ns(void)
{
	uint64_t count = read_sysreg(cntvct_el0);
	uint64_t hz = read_sysreg(cntfrq_el0);

	/* In two parts: count * 10^9 is beyond 64 bits within minutes. */
	return count / hz * 1000000000 + count % hz * 1000000000 / hz;
}

/* SMCCC and PSCI: the function is in w0, the result goes to x0. */
static enum trap_result smccc(struct vcpu *vcpu)
{
	/* HOLE(lab04.5): Versions and features; CPU_OFF and SYSTEM_OFF stop the VM. */
	uint64_t *result = &vcpu->x[0];

	switch ((uint32_t)vcpu->x[0]) {
	case SMCCC_VERSION:
		*result = SMCCC_VERSION_1_1;
		break;
	case PSCI_VERSION:
		*result = PSCI_VERSION_1_1;
		break;
	case SMCCC_ARCH_FEATURES:
		*result = (uint32_t)vcpu->x[1] == SMCCC_VERSION ||
			  (uint32_t)vcpu->x[1] == SMCCC_ARCH_FEATURES ?
			  SMCCC_SUCCESS : SMCCC_NOT_SUPPORTED;
		break;
	case PSCI_FEATURES:
		switch ((uint32_t)vcpu->x[1]) {
		case SMCCC_VERSION:
		case PSCI_VERSION:
		case PSCI_FEATURES:
		case PSCI_CPU_OFF:
		case PSCI_SYSTEM_OFF:
		case PSCI_SYSTEM_RESET:
			*result = SMCCC_SUCCESS;
			break;
		default:
			*result = SMCCC_NOT_SUPPORTED;
		}
		break;
	case PSCI_CPU_OFF:
		return trap_stop(vcpu, "PSCI CPU_OFF");
	case PSCI_SYSTEM_OFF:
		return trap_stop(vcpu, "PSCI SYSTEM_OFF");
	case PSCI_SYSTEM_RESET:
		return trap_stop(vcpu, "PSCI SYSTEM_RESET, which means the end here");
	default:
		*result = SMCCC_NOT_SUPPORTED;
	}
	return TRAP_RESUME;
	/* END(lab04.5) */
}

enum trap_result hypercall_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* HOLE(lab04.5): The service that the immediate names; ELR is right as it is. */
	switch (FIELD_GET(ISS_IMM16, esr)) {
	case HVC_SMCCC:
		return smccc(vcpu);
	case HVC_TASK_REPORT:
		vcpu->x[0] = task_report(vcpu);
		return TRAP_RESUME;
	case HVC_YIELD:
		vcpu->x[0] = HYP_OK;
		return TRAP_RESCHEDULE;
	case HVC_VIRTUAL_TIME:
		vcpu->x[0] = virtual_ns();
		return TRAP_RESUME;
	default:
		vcpu->x[0] = HYP_NOT_SUPPORTED;
		return TRAP_RESUME;
	}
	/* END(lab04.5) */
}

enum trap_result smc_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* HOLE(lab04.5): As HVC #0; but a trapped SMC's ELR is the SMC itself. */
	trap_skip_instruction();
	if (FIELD_GET(ISS_IMM16, esr) != 0) {
		vcpu->x[0] = SMCCC_NOT_SUPPORTED;
		return TRAP_RESUME;
	}
	return smccc(vcpu);
	/* END(lab04.5) */
}
