/* SPDX-License-Identifier: MIT */
/*
 * The context of a vCPU: the state that moves when another vCPU is loaded. General
 * registers move on every exit and are in struct vcpu (vcpu.h).
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "sched.h"
#include "vcpu.h"
#include "vgic.h"
#include "vtimer.h"

#define EL1_CONTEXT_SIZE	32	/* the maximum number of registers */
#define KEY_CONTEXT_SIZE	10	/* five keys, two halves each */

struct fp_context {
	uint64_t q[32][2];
	uint64_t fpcr, fpsr;
} __attribute__((aligned(16)));

_Static_assert(offsetof(struct fp_context, fpcr) == 64 * 8 &&
	       offsetof(struct fp_context, fpsr) == 65 * 8,
	       "fpsimd.h moves FPCR and FPSR at the end of its walk over q");

struct context {
	uint64_t vttbr;		/* VTTBR_EL2 of its VM; fixed */
	struct vtimer_context vtimer;
	struct vgic_context vgic;
	struct sched_context sched;
	uint64_t keys[KEY_CONTEXT_SIZE];
	uint64_t el1[EL1_CONTEXT_SIZE];
	struct fp_context fp;
};

_Static_assert(offsetof(struct context, vtimer.offset) == 24,
	       "grader/labs/lab05/machine.py relies on this layout");

/* Create the context of `vcpu`: EL1 as after a reset, everything else zero. */
void context_create(struct vcpu *vcpu);

/*
 * Make `vcpu` the loaded one: save the state of the loaded vCPU, if any, and load the
 * state of `vcpu`, with its stage 2 and VMID. With NULL only save; then no vCPU is
 * loaded, and VTTBR_EL2 is 0.
 */
void context_switch(struct vcpu *vcpu);

/*
 * Let guests use FP and SIMD (CPTR_EL2) and pointer authentication (HCR_EL2): each,
 * or both after a check of the core's features.
 */
void context_config(void);
void fp_enable(void);
void pauth_enable(void);

/* The parts that self-tests save and load one by one. */
#define CONTEXT_PARTS	3
extern const struct context_part {
	const char *name;
	void (*save)(struct context *context);
	void (*load)(const struct context *context);
} context_parts[CONTEXT_PARTS];

#endif
