/* SPDX-License-Identifier: MIT */
/*
 * The guests' timer, CNTV (PPI 27). CNTVCT = CNTPCT - CNTVOFF_EL2, so a deadline
 * of the guest, CNTV_CVAL_EL0, is CNTV_CVAL_EL0 + CNTVOFF_EL2 in physical ticks.
 */
#ifndef VTIMER_H
#define VTIMER_H

#include <stdint.h>

#define VTIMER_NEVER	UINT64_MAX

/* When the loaded vCPU's timer fires, in CNTPCT_EL0; VTIMER_NEVER if it will not. */
uint64_t vtimer_deadline(void);

#endif
