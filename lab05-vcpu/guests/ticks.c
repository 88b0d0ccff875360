// SPDX-License-Identifier: MIT
/*
 * A guest that counts ticks of its virtual timer while other guests do the same. Each
 * tick must be delivered once, to the right guest, and never early.
 */
#include "guest.h"
#include "guest_irq.h"

/* The instances tick at different rates. */
#define TICKS		(40 + GUEST_SLOT % 7)
#define TICK_US		(170 + 10 * GUEST_SLOT)

static volatile uint64_t ticks, early, others;
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
		printf("ticks: unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (intid != PPI_VTIMER) {
		others++;
	} else {
		early += read_sysreg(cntvct_el0) < next_tick;
		/* Sometimes wait so long that others run before the EOI. */
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
	irq_init();
	step = TICK_US * read_sysreg(cntfrq_el0) / 1000000;
	next_tick = read_sysreg(cntvct_el0) + step;
	timer_at(next_tick);
	/* Masked, so that the last tick cannot come between check and WFI. */
	while (ticks < TICKS) {
		__asm__ volatile("wfi" ::: "memory");
		irq_enable();
		guest_isb();
		irq_disable();
	}
	printf("ticks: %lu of %d wanted, %lu early, %lu others\n", ticks, TICKS,
	       early, others);
	/* End with the timer on and an interrupt pending. */
	timer_at(read_sysreg(cntvct_el0));
}
