// SPDX-License-Identifier: MIT
/*
 * Arm Architecture Calls: Arm DEN 0028, chapter 7. EL2 has no workaround for any of the
 * speculation vulnerabilities that have one here, and says so.
 */
#include "calls.h"
#include "smccc.h"

static int64_t has(uint32_t function)
{
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ?
		SMCCC_SUCCESS : SMCCC_NOT_SUPPORTED;
}

enum trap_result arch_call(struct vcpu *vcpu, uint32_t function)
{
	switch (function) {
	case SMCCC_VERSION:
		return call_result(vcpu, SMCCC_VERSION_1_1);
	case SMCCC_ARCH_FEATURES:
		return call_result(vcpu, has(vcpu->x[1]));
	default:
		return call_result(vcpu, SMCCC_NOT_SUPPORTED);
	}
}
