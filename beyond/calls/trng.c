// SPDX-License-Identifier: MIT
/*
 * True Random Number Generator Firmware Interface: Arm DEN 0098. The source is RNDRRS of the
 * core (FEAT_RNG); without it there is no such service.
 */
#include "calls.h"
#include "smccc.h"
#include "sysreg.h"

#define TRNG_VERSION		0x84000050
#define TRNG_FEATURES		0x84000051
#define TRNG_GET_UUID		0x84000052
#define TRNG_RND		0x84000053	/* and its 64-bit form */
#define TRNG_VERSION_1_0	0x10000
#define TRNG_INVALID_PARAMETERS	(-2)
#define TRNG_NO_ENTROPY		(-3)

#define RNDRRS			S3_3_C2_C4_1
#define ID_AA64ISAR0_RNDR	GENMASK(63, 60)

/* 0 and a random number, or TRNG_NO_ENTROPY. A failed RNDRRS sets PSTATE.Z. */
static int64_t random(uint64_t *number)
{
	uint64_t failed;

	__asm__ volatile("mrs %0, " STRINGIFY(RNDRRS) "\n\tcset %1, eq"
			 : "=r"(*number), "=r"(failed) :: "cc");
	return failed ? TRNG_NO_ENTROPY : 0;
}

/* `bits` of them, the lowest in x3 and then up to x1; each register has `width` bits. */
static int64_t fill(struct vcpu *vcpu, uint64_t bits, unsigned int width)
{
	uint64_t numbers[3] = { 0 };

	if (!bits || bits > 3 * width)
		return TRNG_INVALID_PARAMETERS;
	for (unsigned int n = 0; n * width < bits; n++) {
		uint64_t left = MIN(bits - n * width, width);

		if (random(&numbers[n]))
			return TRNG_NO_ENTROPY;
		if (left < 64)
			numbers[n] &= BIT(left) - 1;
	}
	for (unsigned int n = 0; n < 3; n++)
		vcpu->x[3 - n] = numbers[n];
	return SMCCC_SUCCESS;
}

static int64_t has(uint32_t function)
{
	switch (function) {
	case TRNG_VERSION:
	case TRNG_FEATURES:
	case TRNG_GET_UUID:
	case TRNG_RND:
	case TRNG_RND | SMCCC_64:
		return SMCCC_SUCCESS;
	default:
		return SMCCC_NOT_SUPPORTED;
	}
}

/* cd4a3c36-93a6-4d8b-9a5c-2f3a8e1b7d60, a word in each register (SMCCC, "UUID"). */
static enum trap_result uuid(struct vcpu *vcpu)
{
	vcpu->x[0] = 0x363c4acd;
	vcpu->x[1] = 0x8b4da693;
	vcpu->x[2] = 0x3a2f5c9a;
	vcpu->x[3] = 0x607d1b8e;
	return TRAP_RESUME;
}

enum trap_result trng_call(struct vcpu *vcpu, uint32_t function)
{
	if (!(read_sysreg(id_aa64isar0_el1) & ID_AA64ISAR0_RNDR))
		return call_result(vcpu, SMCCC_NOT_SUPPORTED);
	switch (function) {
	case TRNG_VERSION:
		return call_result(vcpu, TRNG_VERSION_1_0);
	case TRNG_FEATURES:
		return call_result(vcpu, has(vcpu->x[1]));
	case TRNG_GET_UUID:
		return uuid(vcpu);
	case TRNG_RND:
		return call_result(vcpu, fill(vcpu, (uint32_t)vcpu->x[1], 32));
	case TRNG_RND | SMCCC_64:
		return call_result(vcpu, fill(vcpu, vcpu->x[1], 64));
	default:
		return call_result(vcpu, SMCCC_NOT_SUPPORTED);
	}
}
