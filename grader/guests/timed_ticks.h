/* SPDX-License-Identifier: MIT */
/*
 * The program of punctual_ticks and late_ticks: count the ticks of a timer, those that
 * came early and those that came late. A guest defines before it includes this
 *	NAME	its name
 *	TICKS	how many ticks it counts
 *	LATE	1 if it takes its interrupts late and ends them slowly, else 0
 */
#ifndef TIMED_TICKS_H
#define TIMED_TICKS_H

#include "guest.h"
#include "guest_irq.h"
#include "guest_time.h"
#include "sysreg.h"

#define TICK_US		1000
#define PAUSE_US	2000
#define LIMIT_US	800	/* a slice of each other guest, and its printing */

static volatile uint64_t ticks, early, late, others;
static volatile uint64_t next;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	uint64_t intid, now = read_sysreg(cntvct_el0);

	(void)esr;
	(void)elr;
	if (slot != SLOT_IRQ) {
		printf(NAME ": unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (intid != PPI_VTIMER) {
		others++;
	} else {
		ticks++;
		early += now < next;
		late += !LATE && now > next + us_to_ticks(LIMIT_US);
		if (LATE)
			spin_us(PAUSE_US);
		next = in_us(TICK_US);
		timer_at(next);
	}
	irq_end(intid);
}

/* Other guests run several times while this one computes with interrupts on. */
static void tick_while_busy(uint64_t before)
{
	uint64_t end = in_us(4 * TICK_US);

	irq_enable();
	while (ticks == before && read_sysreg(cntvct_el0) < end)
		;
	irq_disable();
}

void main(void)
{
	irq_init();
	next = in_us(TICK_US);
	timer_at(next);
	while (ticks < TICKS) {
		uint64_t before = ticks;

		if (LATE)
			spin_us(PAUSE_US);	/* pending, and not taken */
		else if (before % 2)
			tick_while_busy(before);
		while (ticks == before) {
			__asm__ volatile("wfi" ::: "memory");
			irq_enable();
			guest_isb();
			irq_disable();
		}
	}
	timer_stop();
	printf(NAME ": %d ticks, %lu early, %lu late, %lu others\n", TICKS, early, late,
	       others);
}

#endif
