// SPDX-License-Identifier: MIT
#include "calls.h"

#include "hypercall.h"
#include "region.h"
#include "smccc.h"
#include "guest.h"

/*
 * Functions without an owner here: unknown. SMCCC, "Unknown Function Identifier": x0 is -1,
 * and no other register changes.
 */
static enum trap_result unknown_call(struct vcpu *vcpu, uint32_t function)
{
	(void)function;
	vcpu->x[0] = SMCCC_NOT_SUPPORTED;
	return TRAP_RESUME;
}

typedef enum trap_result (*owner_call)(struct vcpu *vcpu, uint32_t function);

/* PSCI and TRNG share an owner, "Standard Secure Service Calls". */
static enum trap_result standard_call(struct vcpu *vcpu, uint32_t function)
{
	if ((function & SMCCC_NUMBER) >= TRNG_FIRST)
		return trng_call(vcpu, function);
	return psci_call(vcpu, function);
}

/* The functions of an owner. */
static owner_call functions_of(unsigned int owner)
{
	switch (owner) {
	case SMCCC_OWNER_ARCH:		return arch_call;
	case SMCCC_OWNER_STANDARD:	return standard_call;
	case SMCCC_OWNER_VENDOR_HYP:	return vendor_call;
	default:			return unknown_call;
	}
}

/* Yielding calls, and fast calls with a bit set that must be zero, are unknown. */
static inline __attribute__((always_inline)) enum trap_result dispatch(struct vcpu *vcpu)
{
	uint32_t function = vcpu->x[0];		/* w0: the upper half does not count */

	if (function == PSCI_VERSION) {		/* the one that is measured */
		vcpu->x[0] = PSCI_VERSION_1_1;
		return TRAP_RESUME;
	}
	if (!(function & SMCCC_FAST) || (function & SMCCC_MUST_BE_ZERO))
		return unknown_call(vcpu, function);
	return functions_of(FIELD_GET(SMCCC_OWNER, function))(vcpu, function);
}

/*
 * The labs' services. One of them reads the guest's memory, which another vCPU might unmap
 * at this moment.
 */
static enum trap_result lab_service(struct vcpu *vcpu, uint64_t esr)
{
	struct lock *lock = &guest_of(vcpu->vm)->memory.lock;
	enum trap_result result;

	lock_take(lock);
	result = hypercall_handle(vcpu, esr);
	lock_release(lock);
	return result;
}

static enum trap_result hvc(struct vcpu *vcpu, uint64_t esr)
{
	if (FIELD_GET(ISS_IMM16, esr) != HVC_SMCCC)
		return lab_service(vcpu, esr);
	return dispatch(vcpu);
}

/* The preferred return address of a trapped SMC is the SMC itself. */
static enum trap_result smc(struct vcpu *vcpu, uint64_t esr)
{
	trap_skip_instruction();
	if (FIELD_GET(ISS_IMM16, esr))
		return unknown_call(vcpu, 0);
	return dispatch(vcpu);
}

void calls_init(void)
{
	trap_set_handler(EC_HVC64, hvc);
	trap_set_handler(EC_SMC64, smc);
}
