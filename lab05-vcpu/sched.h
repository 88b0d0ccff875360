/* SPDX-License-Identifier: MIT */
/* Who runs: round robin over the runnable vCPUs, preempted by CNTHP. */
#ifndef SCHED_H
#define SCHED_H

#include "vcpu.h"

/* Take over interrupts, WFI and WFE from lab 4's table. Call once. */
void sched_init(void);

/* The run loop. Returns when every vCPU has stopped. */
void sched_run(void);

/*
 * A line for each VM from number `first` on: turns, time, and why its turns ended;
 * then how often and how long EL2 was idle since the last report.
 */
void sched_report(unsigned int first);

#endif
