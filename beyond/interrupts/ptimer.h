/* SPDX-License-Identifier: MIT */
/*
 * The guests' physical timer, CNTP (PPI 30). It is emulated: CNTHCTL_EL2 traps it, and
 * EL2's own timer stands in for it. Guests read CNTPCT_EL0 as CNTVCT_EL0, so both of
 * their timers count the same time. Arm ARM, "The Generic Timer in AArch64 state".
 */
#ifndef PTIMER_H
#define PTIMER_H

#include <stdint.h>

#define PPI_PTIMER	30

struct ptimer {
	uint64_t cval;		/* CNTP_CVAL_EL0, in virtual time */
	uint64_t ctl;		/* CNTP_CTL_EL0: ENABLE and IMASK */
};

struct vcore;

/* Add the trapped registers CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0, CNTPCT_EL0. Once. */
void ptimer_init(void);

/*
 * When the vCPU's timer fires, as a value of CNTPCT_EL0; `now` or less if it has fired and
 * still asserts its line; VTIMER_NEVER if it will not. On the vCPU's core.
 */
uint64_t ptimer_deadline(const struct vcore *vcore, uint64_t now);

/* Raise or lower PPI 30 as the timer says. On the vCPU's core, loaded or not. */
void ptimer_update(struct vcore *vcore, uint64_t now);

#endif
