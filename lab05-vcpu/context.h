/* SPDX-License-Identifier: MIT */
/*
 * The context of a vCPU: what moves when another vCPU is loaded. General
 * registers move on every exit and are not in here (vcpu.h).
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "vcpu.h"

#define EL1_CONTEXT_SIZE	32	/* registers, at the most */
#define KEY_CONTEXT_SIZE	10	/* five keys, two halves each */
#define VGIC_LRS		3	/* list registers in use; 0 is the timer's */

struct fp_context {
	uint64_t q[32][2];
	uint64_t fpcr, fpsr;	/* behind them: fpsimd.h walks on */
} __attribute__((aligned(16)));

struct vtimer_context {
	uint64_t cval, ctl;	/* CNTV_CVAL_EL0, CNTV_CTL_EL0 */
	uint64_t offset;	/* CNTVOFF_EL2: virtual 0 in physical ticks; fixed */
};

struct vgic_context {
	uint64_t lr[VGIC_LRS];	/* ICH_LR<n>_EL2 */
	uint64_t ap1r0, ap0r0;	/* ICH_AP<g>R0_EL2: active priorities */
	uint64_t vmcr;		/* ICH_VMCR_EL2: the guest's masks */
	uint64_t waiting;	/* INTIDs 0 to 31 that no list register had room for */
};

/* What the scheduler knows and counts: sched.c. Times are in counter ticks. */
struct sched_context {
	uint64_t wake_at;	/* blocked: until CNTPCT_EL0 is this */
	uint64_t ran;
	uint64_t turns;		/* times it was chosen to run */
	uint64_t ended_by_slice, ended_by_wait;
};

struct context {
	uint64_t vttbr;		/* of its VM; fixed */
	struct vtimer_context vtimer;
	struct vgic_context vgic;
	struct sched_context sched;
	uint64_t keys[KEY_CONTEXT_SIZE];
	uint64_t el1[EL1_CONTEXT_SIZE];
	struct fp_context fp;
};

/* Give `vcpu` a context: EL1 as after a reset, everything else zero. */
void context_create(struct vcpu *vcpu);

/*
 * Make `vcpu` the loaded one: save the state of the one that is, if any, and
 * load this one's, with its stage 2 and its VMID. NULL: save, and load nobody:
 * VTTBR_EL2 is 0 then, which is no VM's.
 */
void context_switch(struct vcpu *vcpu);

/*
 * Let guests use FP, SIMD (CPTR_EL2) and pointer authentication (HCR_EL2): both,
 * after a look at what the core has; or each.
 */
void context_config(void);
void fp_enable(void);
void pauth_enable(void);

/* The parts that self-tests try one by one: registers to memory and back. */
#define CONTEXT_PARTS	3
extern const struct context_part {
	const char *name;
	void (*save)(struct context *context);
	void (*load)(const struct context *context);
} context_parts[CONTEXT_PARTS];

#endif
