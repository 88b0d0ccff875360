/* SPDX-License-Identifier: MIT */
/*
 * The guests' timer, CNTV (PPI 27). CNTVCT = CNTPCT - CNTVOFF_EL2, so a deadline
 * of the guest, CNTV_CVAL_EL0, is CNTV_CVAL_EL0 + CNTVOFF_EL2 in physical ticks.
 */
#ifndef VTIMER_H
#define VTIMER_H

#include <stdbool.h>
#include <stdint.h>

#define VTIMER_NEVER	UINT64_MAX

/* A sleep of more than this, in seconds of virtual time, is for ever. */
#define VTIMER_HORIZON_S	3600

/*
 * When the loaded vCPU's timer fires, in CNTPCT_EL0, `now` or before if it does so
 * already; VTIMER_NEVER if it will not within VTIMER_HORIZON_S.
 */
uint64_t vtimer_deadline(uint64_t now);

/* True while the loaded vCPU's timer asserts its interrupt. */
bool vtimer_fires(void);

#endif
