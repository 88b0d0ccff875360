/* SPDX-License-Identifier: MIT */
/* Time by the virtual counter, CNTVCT_EL0, for guests that wait with IRQs masked. */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include "guest_irq.h"
#include "sysreg.h"

static inline uint64_t us_to_ticks(uint64_t us)
{
	return us * read_sysreg(cntfrq_el0) / 1000000;
}

/* Return what the counter will be `us` microseconds from now. */
static inline uint64_t in_us(uint64_t us)
{
	return read_sysreg(cntvct_el0) + us_to_ticks(us);
}

/* Keep the core busy for `us` microseconds. */
static inline void spin_us(uint64_t us)
{
	uint64_t end = in_us(us);

	while (read_sysreg(cntvct_el0) < end)
		;
}

/* Sleep for `us` microseconds. IRQs stay masked: WFI ends, but no interrupt is taken. */
static inline void sleep_us(uint64_t us)
{
	uint64_t intid;

	timer_at(in_us(us));
	do {
		__asm__ volatile("wfi" ::: "memory");
		intid = irq_acknowledge();
	} while (intid == INTID_SPURIOUS);
	timer_stop();
	irq_end(intid);
}

#endif
