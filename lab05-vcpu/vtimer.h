/* SPDX-License-Identifier: MIT */
/*
 * The guests' timer, CNTV (PPI 27). CNTVCT = CNTPCT - CNTVOFF_EL2, so a guest's
 * deadline in physical ticks is CNTV_CVAL_EL0 + CNTVOFF_EL2.
 */
#ifndef VTIMER_H
#define VTIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VTIMER_NEVER	UINT64_MAX

/* A longer sleep, in seconds of virtual time, counts as one without end. */
#define VTIMER_HORIZON_S	3600

/* The timer's part of a context. */
struct vtimer_context {
	uint64_t cval, ctl;	/* CNTV_CVAL_EL0, CNTV_CTL_EL0 */
	uint64_t offset;	/* CNTVOFF_EL2: virtual 0 in physical ticks; fixed */
};

_Static_assert(offsetof(struct vtimer_context, ctl) ==
	       offsetof(struct vtimer_context, cval) + 8,
	       "vtimer_save() moves both as a pair");

/*
 * When the loaded vCPU's timer fires, as a value of CNTPCT_EL0: `now` or less if it
 * has fired already; VTIMER_NEVER if it will not within VTIMER_HORIZON_S.
 */
uint64_t vtimer_deadline(uint64_t now);

/* True while the loaded vCPU's timer asserts its interrupt. */
bool vtimer_fires(void);

#endif
