// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 that nods off and wakes up, and says nothing: all that EL2 does
 * for a guest, in few instructions, for a boot that is logged one by one.
 */
#include "guest.h"
#include "guest_irq.h"
#include "sysreg.h"

#define NODS	2
#define NOD_US	300	/* slices of the others */

void main(void)
{
	uint64_t intid;

	irq_init();
	for (unsigned int n = 0; n < NODS; n++) {
		timer_at(read_sysreg(cntvct_el0) + NOD_US * read_sysreg(cntfrq_el0) / 1000000);
		/* IRQs stay masked: WFI ends, and nothing is taken. */
		do {
			__asm__ volatile("wfi" ::: "memory");
			intid = irq_acknowledge();
		} while (intid == INTID_SPURIOUS);
		timer_stop();
		irq_end(intid);
	}
}
