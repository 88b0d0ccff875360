/* SPDX-License-Identifier: MIT */
/*
 * A trace of the schedule, for make timeline: what happened, when, to which vCPU. gdb
 * reads it from a ring in EL2's memory at the end. Without TRACE=1 trace() does
 * nothing, so its arguments must have no side effects.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdint.h>

enum trace_event {
	TRACE_RUN = 1,		/* a turn starts; arg: the counter at the decision */
	TRACE_END,		/* a turn ends; arg: enum vcpu_state; detail: ESR_EL2 */
	TRACE_IRQ,		/* taken to EL2; arg: INTID; detail: its timer's deadline */
	TRACE_HANDED,		/* EL2 has handled it; arg: INTID; detail: ICH_LR0_EL2 */
	TRACE_INJECT,		/* EL2 injects an interrupt into this vCPU; arg: INTID */
	TRACE_IDLE,		/* no vCPU can run; arg: the deadline */
	TRACE_WAKE,		/* EL2 stops waiting */
};

#define TRACE_NO_VCPU	~0U	/* for `vcpu` */
#define TRACE_ENTRIES	32768	/* 1 MiB: all of stage 5 twice */

struct trace_entry {
	uint64_t time;		/* CNTPCT_EL0: virtual counters differ between guests */
	uint32_t event, vcpu;	/* enum trace_event, struct vcpu's id */
	uint64_t arg, detail;	/* depend on the event */
};

_Static_assert(TRACE_WAKE == 7 &&
	       offsetof(struct trace_entry, time) == 0 &&
	       offsetof(struct trace_entry, event) == 8 &&
	       offsetof(struct trace_entry, vcpu) == 12 &&
	       offsetof(struct trace_entry, arg) == 16 &&
	       offsetof(struct trace_entry, detail) == 24 &&
	       sizeof(struct trace_entry) == 32,
	       "grader/model/schedule.py relies on them");

#if CONFIG_TRACE
/* The newest entry overwrites the oldest; trace_count counts all of them. */
extern struct trace_entry trace_ring[TRACE_ENTRIES];
extern uint64_t trace_count;

void trace(enum trace_event event, unsigned int vcpu, uint64_t arg);
#else
static inline void trace(enum trace_event event, unsigned int vcpu, uint64_t arg)
{
	(void)event;
	(void)vcpu;
	(void)arg;
}
#endif

#endif
