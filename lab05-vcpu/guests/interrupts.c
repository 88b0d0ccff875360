// SPDX-License-Identifier: MIT
/*
 * Virtual interrupts: each one is delivered, to the guest that it is for, once.
 * More of them at a time than there are list registers; ticks of the timer while
 * other guests run, who have ticks of their own.
 */
#include "guest.h"
#include "guest_irq.h"

#define ROUNDS		10
#define SGIS		16
/* The two instances tick at different rates. */
#define TICKS		(40 + 10 * GUEST_SLOT % 7)
#define TICK_US		(170 + 10 * GUEST_SLOT)

static volatile uint64_t taken[32], others, ticks, early;
static volatile uint64_t next_tick, step;

static void spin(uint64_t time)
{
	uint64_t end = read_sysreg(cntvct_el0) + time;

	while (read_sysreg(cntvct_el0) < end)
		;
}

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	uint64_t intid;

	(void)esr;
	(void)elr;
	if (slot != SLOT_IRQ) {
		printf("interrupts: unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (intid >= 32)
		others++;
	else
		taken[intid]++;
	if (intid == PPI_VTIMER) {
		early += read_sysreg(cntvct_el0) < next_tick;
		/* Now and then so slow that others run before the EOI. */
		if (ticks % 8 == 0)
			spin(3 * step);
		if (++ticks < TICKS) {
			next_tick += step;
			timer_at(next_tick);
		} else {
			timer_stop();
		}
	}
	irq_end(intid);
}

void main(void)
{
	uint64_t wrong = 0;

	irq_init();
	step = TICK_US * read_sysreg(cntfrq_el0) / 1000000;
	next_tick = read_sysreg(cntvct_el0) + step;
	timer_at(next_tick);
	irq_enable();

	for (int round = 0; round < ROUNDS; round++) {
		irq_disable();
		for (unsigned int n = 0; n < SGIS; n++) {
			irq_raise(n);
			irq_raise(n);	/* pending already: still one */
		}
		irq_enable();
		guest_isb();
		spin(step);	/* others run, and the timer ticks */
	}
	/* Masked, so that the last tick cannot come between check and WFI. */
	irq_disable();
	while (ticks < TICKS) {
		__asm__ volatile("wfi" ::: "memory");
		irq_enable();
		guest_isb();
		irq_disable();
	}

	for (unsigned int n = 0; n < SGIS; n++)
		wrong += taken[n] != ROUNDS;
	printf("interrupts: %d rounds of %d SGIs, %lu not taken once each\n",
	       ROUNDS, SGIS, wrong);
	printf("interrupts: %lu timer ticks of %d wanted, %lu early, %lu others\n",
	       taken[PPI_VTIMER], TICKS, early, others);
}
