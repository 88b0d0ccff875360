/* SPDX-License-Identifier: MIT */
/* The scheduler: round robin over the runnable vCPUs, preempted by CNTHP. */
#ifndef SCHED_H
#define SCHED_H

#include <stdint.h>

/* What the scheduler keeps of each vCPU. Times are in counter ticks. */
struct sched_context {
	uint64_t wake_at;	/* blocked: until CNTPCT_EL0 is this */
	uint64_t ran;
	uint64_t turns;		/* times it was chosen to run */
	uint64_t ended_by_slice, ended_by_wait;
};

/* Install the handlers for interrupts, WFI and WFE. Call once. */
void sched_init(void);

/* The run loop. Returns when every vCPU has stopped. */
void sched_run(void);

/*
 * Print a line for each VM from number `first` on: turns, time, and why its turns
 * ended; then how often and how long EL2 was idle since the last report.
 */
void sched_report(unsigned int first);

#endif
