// SPDX-License-Identifier: MIT
#include "trace.h"

#if CONFIG_TRACE
#include "counter.h"
#include "gicv3.h"
#include "platform.h"
#include "sysreg.h"

struct trace_entry trace_ring[TRACE_ENTRIES];
uint64_t trace_count;

/* The deadline of the timer of PPI `intid`, in physical time; 0 if it has no timer. */
static uint64_t timer_deadline(uint64_t intid)
{
	if (intid == PPI_HYP_TIMER)
		return read_sysreg(cnthp_cval_el2);
	if (intid == PPI_VTIMER)
		return read_sysreg(cntv_cval_el0) + read_sysreg(cntvoff_el2);
	return 0;
}

/* Read here, because callers would read it without TRACE=1 too. */
static uint64_t detail_of(enum trace_event event, uint64_t arg)
{
	switch (event) {
	case TRACE_END:		return read_sysreg(esr_el2);
	case TRACE_IRQ:		return timer_deadline(arg);
	case TRACE_HANDED:	return read_sysreg(ich_lr0_el2);
	default:		return 0;
	}
}

void trace(enum trace_event event, unsigned int vcpu, uint64_t arg)
{
	trace_ring[trace_count++ % TRACE_ENTRIES] = (struct trace_entry){
		.time = counter_now(),
		.event = event,
		.vcpu = vcpu,
		.arg = arg,
		.detail = detail_of(event, arg),
	};
}
#endif
