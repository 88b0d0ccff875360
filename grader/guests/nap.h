/* SPDX-License-Identifier: MIT */
/* Time, for guests that wait for it with IRQs masked. */
#ifndef NAP_H
#define NAP_H

#include "guest_irq.h"
#include "sysreg.h"

/* The virtual counter, CNTVCT_EL0, as it will be in `us` microseconds. */
static inline uint64_t in_us(uint64_t us)
{
	return read_sysreg(cntvct_el0) + us * read_sysreg(cntfrq_el0) / 1000000;
}

/* Sleep so long. IRQs stay masked: WFI ends, and nothing is taken. */
static inline void nap(uint64_t us)
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
