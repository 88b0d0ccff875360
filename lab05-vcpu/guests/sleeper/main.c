// SPDX-License-Identifier: MIT
/* A guest that sleeps in WFI until its virtual timer wakes it, again and again. */
#include "guest.h"
#include "guest_irq.h"

#define SLEEPS		20
#define SLEEP_US	1300

static volatile uint64_t deadline, woken, worst, early;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	uint64_t now = read_sysreg(cntvct_el0);
	uint64_t intid;

	(void)esr;
	(void)elr;
	if (slot != SLOT_IRQ) {
		printf("sleeper: unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	timer_stop();
	early += now < deadline;
	if (now - deadline > worst)
		worst = now - deadline;
	woken++;
	irq_end(intid);
}

void main(void)
{
	uint64_t hz = read_sysreg(cntfrq_el0);

	irq_init();
	irq_enable();
	for (uint64_t i = 1; i <= SLEEPS; i++) {
		/* Masked, so that the interrupt cannot come before the WFI. */
		irq_disable();
		deadline = read_sysreg(cntvct_el0) + SLEEP_US * hz / 1000000;
		timer_at(deadline);
		while (woken < i) {
			__asm__ volatile("wfi" ::: "memory");
			irq_enable();
			guest_isb();
			irq_disable();
		}
	}
	printf("sleeper: %u sleeps, %lu wake-ups, %lu early, late by a slice at the most: %s\n",
	       SLEEPS, woken, early,
	       worst <= (CONFIG_SLICE_US + 10) * hz / 1000000 ? "yes" : "no");
}
