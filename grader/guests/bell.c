// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 that counts the strokes of its timer, and those that came late.
 * The one in slot 11 takes its interrupts late itself and is slow to end them: others
 * run while its timer's interrupt is pending, and while it is active. No other bell
 * must notice.
 */
#include "guest.h"
#include "guest_irq.h"
#include "nap.h"
#include "sysreg.h"

#define SLOW		(GUEST_SLOT == 11)
#define STROKES		(SLOW ? 8 : 32)
#define STROKE_US	1000
#define PAUSE_US	2000
#define LATE_US		800	/* a slice of each other guest, and its printing */

static volatile uint64_t strokes, early, late, others;
static volatile uint64_t next;

static void pause_a_while(void)
{
	uint64_t end = in_us(PAUSE_US);

	while (read_sysreg(cntvct_el0) < end)
		;
}

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	uint64_t intid, now = read_sysreg(cntvct_el0);

	(void)esr;
	(void)elr;
	if (slot != SLOT_IRQ) {
		printf("bell: unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (intid != PPI_VTIMER) {
		others++;
	} else {
		strokes++;
		early += now < next;
		late += !SLOW && now > next + in_us(LATE_US) - in_us(0);
		if (SLOW)
			pause_a_while();
		next = in_us(STROKE_US);
		timer_at(next);
	}
	irq_end(intid);
}

void main(void)
{
	irq_init();
	next = in_us(STROKE_US);
	timer_at(next);
	while (strokes < STROKES) {
		uint64_t before = strokes;

		if (SLOW)
			pause_a_while();	/* pending, and not taken */
		while (strokes == before) {
			__asm__ volatile("wfi" ::: "memory");
			irq_enable();
			guest_isb();
			irq_disable();
		}
	}
	timer_stop();
	printf("bell: %d strokes, %lu early, %lu late, %lu others\n", STROKES,
	       early, late, others);
}
