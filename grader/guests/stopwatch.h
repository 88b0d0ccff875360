/* SPDX-License-Identifier: MIT */
/* What the guest stopwatch gets from EL2 and leaves for it, in its work buffer. */
#ifndef STOPWATCH_H
#define STOPWATCH_H

#include "guest_layout.h"

#define HVC_CASE_EVENT	0x70	/* for grader/qemu/driver/lab05_open.c */
#define HVC_CASE_WFE	0x71	/* a WFE: QEMU does not trap it */
#define RUNS_MAX	2700

/* From one preemption to the next, in ticks of the virtual counter. */
struct run {
	uint64_t start, end;
	uint64_t after;		/* the deadline of a sleep, RUN_AFTER_EVENT, or 0 */
};

#define RUN_AFTER_EVENT	1

struct run_record {
	/* Written by EL2: times in ticks, 0 for never. */
	uint64_t until;		/* run until then */
	uint64_t work, sleep;	/* after so much work sleep so long; without sleep, yield */
	uint64_t event;		/* call EL2 once at that time */
	uint64_t event_run;	/* and so long after the start of a run */
	uint64_t asleep;	/* end with a WFI that nothing wakes */
	/* Written by the guest. */
	uint64_t count;
	struct run runs[RUNS_MAX];
};

_Static_assert(sizeof(struct run_record) <= WORK_SIZE, "it is in the work buffer");

#endif
