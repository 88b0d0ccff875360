// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 that sleeps longer than a bell, and then asks EL2 so often that
 * a slice which began anew with each exit would never end. At the end it sleeps for
 * ever: its timer cannot fire, for a reason that differs from slot to slot.
 */
#include "guest.h"
#include "guest_irq.h"
#include "hypercall.h"
#include "nap.h"
#include "sysreg.h"

#define NAPS	5
#define NAP_US	3700
#define CALLS	3000

void main(void)
{
	irq_init();
	for (unsigned int n = 0; n < NAPS; n++)
		nap(NAP_US);
	for (unsigned int n = 0; n < CALLS; n++)
		hvc(HVC_VIRTUAL_TIME, 0);
	printf("napper: %d naps, %d calls\n", NAPS, CALLS);

	if (GUEST_SLOT == 2) {
		timer_at(BIT(60));		/* centuries from now */
	} else {
		write_sysreg(cntv_cval_el0, in_us(500));
		write_sysreg(cntv_ctl_el0, GUEST_SLOT == 3 ?
			     CNT_CTL_ENABLE | CNT_CTL_IMASK : 0);
		guest_isb();
	}
	__asm__ volatile("wfi" ::: "memory");
	printf("napper: woken by a timer that cannot fire\n");
}
