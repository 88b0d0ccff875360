/* SPDX-License-Identifier: MIT */
/*
 * A trace of the schedule, for make timeline: what happened, when, to which vCPU. It
 * is a ring in EL2's memory, which gdb reads at the end. Without TRACE=1 there is
 * none, and trace() is nothing: its arguments must have no effect of their own.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdint.h>

enum trace_event {
	TRACE_RUN = 1,		/* a turn begins; arg: the counter at the decision */
	TRACE_END,		/* it is over; arg: enum vcpu_state; detail: ESR_EL2 */
	TRACE_IRQ,		/* came to EL2; arg: INTID; detail: when its timer fired */
	TRACE_HANDED,		/* EL2 has dealt with it; arg: INTID; detail: ICH_LR0_EL2 */
	TRACE_INJECT,		/* an interrupt by software for this vCPU; arg: INTID */
	TRACE_IDLE,		/* nobody can run; arg: until when */
	TRACE_WAKE,		/* EL2 waits no longer */
};

#define TRACE_NOBODY	~0U	/* for `vcpu` */
#define TRACE_ENTRIES	32768	/* 1 MiB: all of stage 5 twice */

struct trace_entry {
	uint64_t time;		/* CNTPCT_EL0: the virtual counter is each guest's own */
	uint32_t event, vcpu;	/* enum trace_event, struct vcpu's id */
	uint64_t arg, detail;	/* what they are depends on the event */
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
/* The newest entry overwrites the oldest: the count tells how many there were. */
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
