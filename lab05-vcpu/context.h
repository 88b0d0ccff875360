/* SPDX-License-Identifier: MIT */
/*
 * The context of a vCPU: what moves when another vCPU is loaded. General
 * registers move on every exit and are not in here (vcpu.h).
 */
#ifndef CONTEXT_H
#define CONTEXT_H

/* Offsets into struct fp_context, for fpsimd.S. */
#define FP_Q(n)		((n) * 16)
#define FP_FPCR		512

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "vcpu.h"

#define EL1_CONTEXT_SIZE	32	/* registers, at the most */
#define KEY_CONTEXT_SIZE	10	/* five keys, two halves each */
#define VGIC_LRS		4	/* list registers in use */

struct fp_context {
	uint64_t q[32][2];
	uint64_t fpcr, fpsr;
} __attribute__((aligned(16)));
_Static_assert(offsetof(struct fp_context, fpcr) == FP_FPCR, "fpsimd.S");

struct vtimer_context {
	uint64_t ctl, cval;	/* CNTV_CTL_EL0, CNTV_CVAL_EL0 */
	uint64_t offset;	/* CNTVOFF_EL2: virtual 0, in physical ticks */
};

struct vgic_context {
	uint64_t lr[VGIC_LRS];	/* ICH_LR<n>_EL2 */
	uint64_t vmcr;		/* ICH_VMCR_EL2: the guest's masks */
	uint64_t ap0r0, ap1r0;	/* ICH_AP<g>R0_EL2: active priorities */
	uint64_t ppi_active;	/* GICR_ISACTIVER0, the bit of PPI_VTIMER */
	/* INTIDs 0 to 31 that are pending and have no list register yet. */
	uint64_t waiting;
};

/* What the scheduler knows and counts: sched.c. Times are in counter ticks. */
struct sched_context {
	uint64_t wake_at;	/* blocked: until CNTPCT_EL0 is this */
	uint64_t since;		/* when this turn began */
	uint64_t ran;
	uint64_t turns;		/* times it was chosen to run */
	uint64_t ended_by_slice, ended_by_wait;
};

struct context {
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
 * load this one's, with its stage 2 and its VMID. NULL: only save.
 */
void context_switch(struct vcpu *vcpu);

/* The parts; each saves to or loads from its own part of a context. */
void el1_save(uint64_t *el1);
void el1_load(const uint64_t *el1);
void fp_save(struct fp_context *fp);
void fp_load(const struct fp_context *fp);
void keys_save(uint64_t *keys);
void keys_load(const uint64_t *keys);
void vtimer_save(struct vtimer_context *vtimer);
void vtimer_load(const struct vtimer_context *vtimer);
void vgic_save(struct vgic_context *vgic);
void vgic_load(struct vgic_context *vgic);

/* Let guests use FP, SIMD and pointer authentication: CPTR_EL2, HCR_EL2. */
void context_config(void);
#endif

#endif
