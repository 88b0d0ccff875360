/* SPDX-License-Identifier: MIT */
/*
 * The guests' physical timer, CNTP (PPI 30). It is emulated: CNTHCTL_EL2 traps it, and
 * EL2's own timer stands in for it. Guests read CNTPCT_EL0 as CNTVCT_EL0, so both of
 * their timers count the same time. Arm ARM, "The Generic Timer in AArch64 state".
 */
#ifndef PTIMER_H
#define PTIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "sysreg.h"

#define PPI_PTIMER	30

struct ptimer {
	uint64_t cval;		/* CNTP_CVAL_EL0, in virtual time */
	uint64_t ctl;		/* CNTP_CTL_EL0: ENABLE and IMASK */
};

struct vcore;

/* Add the trapped registers CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0, CNTPCT_EL0. Once. */
void ptimer_init(void);

/* True if the timer may interrupt at all: most guests do not use it. */
static inline bool ptimer_is_on(const struct ptimer *timer)
{
	return timer->ctl & CNT_CTL_ENABLE;
}

/*
 * When the vCPU's timer fires, as a value of CNTPCT_EL0: `now` if it has and its line is not up
 * yet; VTIMER_NEVER if it will not. On the vCPU's core.
 */
uint64_t ptimer_deadline(const struct vcore *vcore, uint64_t now);

/* Raise or lower PPI 30 as the timer says. On the vCPU's core, loaded or not. */
void ptimer_update(struct vcore *vcore, uint64_t now);

#endif
