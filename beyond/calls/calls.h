/* SPDX-License-Identifier: MIT */
/*
 * What guests call (HVC #0, SMC #0): SMCCC functions, by owner. Arm DEN 0028 (SMCCC),
 * DEN 0022 (PSCI), DEN 0098 (TRNG). The labs' services by other immediates of HVC keep
 * working: hypercall.h.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdint.h>

#include "bits.h"
#include "traps.h"

/* A function identifier, in w0. */
#define SMCCC_FAST		BIT(31)		/* else a yielding call: there are none */
#define SMCCC_64		BIT(30)		/* arguments of 64 bits */
#define SMCCC_OWNER		GENMASK(29, 24)
#define SMCCC_MUST_BE_ZERO	GENMASK(23, 17)	/* 16: a hint about SVE, which VMs do not have */
#define SMCCC_NUMBER		GENMASK(15, 0)

#define SMCCC_OWNER_ARCH	0
#define SMCCC_OWNER_STANDARD	4	/* PSCI from 0 on, TRNG from 0x50 on */
#define SMCCC_OWNER_VENDOR_HYP	6

#define TRNG_FIRST		0x50

/* Install the handlers of HVC and SMC. Once. */
void calls_init(void);

/*
 * The functions of an owner, `function` being the whole identifier. Each sets the results, x0
 * to x3, and says how to continue.
 */
enum trap_result psci_call(struct vcpu *vcpu, uint32_t function);
enum trap_result arch_call(struct vcpu *vcpu, uint32_t function);
enum trap_result trng_call(struct vcpu *vcpu, uint32_t function);
enum trap_result vendor_call(struct vcpu *vcpu, uint32_t function);

static inline enum trap_result call_result(struct vcpu *vcpu, int64_t result)
{
	vcpu->x[0] = result;
	return TRAP_RESUME;
}

#endif
