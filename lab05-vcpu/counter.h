/* SPDX-License-Identifier: MIT */
/*
 * The physical counter, CNTPCT_EL0: the clock of EL2. Arm ARM, "The Generic
 * Timer in AArch64 state".
 */
#ifndef COUNTER_H
#define COUNTER_H

#include "barrier.h"
#include "sysreg.h"

/* The counter now. The ISB keeps the core from reading it early. */
static inline uint64_t counter_now(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

/* Counter ticks in `us` microseconds. */
static inline uint64_t counter_ticks(uint64_t us)
{
	return us * read_sysreg(cntfrq_el0) / 1000000;
}

#endif
