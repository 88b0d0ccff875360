// SPDX-License-Identifier: MIT
/*
 * A guest that measures its machine from inside. It reads the counter in a loop: a jump
 * is time in which it did not have the CPU.
 */
#include "os.h"

#include "guest_irq.h"
#include "sysreg.h"

#define WINDOW_US	12000
#define END_US		22000	/* the neighbours run for 30 ms */
#define JUMP_NS		500	/* more than a pass of the loop, less than any exit */
#define SWITCH_NS	4000	/* more than the end of a slice, less than two switches */
#define TICK_US		40	/* several in each slice, and the last ones after it */

struct window {
	uint64_t from, to;	/* CNTVCT_EL0; the others in ticks too */
	uint64_t stolen, losses, slice;
};

static volatile uint64_t deadline, worst;

static uint64_t now(void)
{
	guest_isb();
	return read_sysreg(cntvct_el0);
}

static uint64_t ticks(uint64_t ns)
{
	return ns * read_sysreg(cntfrq_el0) / 1000000000;
}

static uint64_t us(uint64_t of_ticks)
{
	return of_ticks * 1000000 / read_sysreg(cntfrq_el0);
}

static void set_deadline(void)
{
	deadline = now() + ticks(TICK_US * 1000);
	timer_at(deadline);
}

/* The timer's interrupt is the only exception. It is late if another guest has the CPU. */
void os_exception(struct os_frame *frame)
{
	uint64_t intid, delay = now() - deadline;

	if (frame->slot != SLOT_IRQ) {
		printf("observer: exception in slot %lu, ELR 0x%lx\n", frame->slot, frame->elr);
		os_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (delay > worst)
		worst = delay;
	set_deadline();		/* before the end of the interrupt: the line goes down */
	irq_end(intid);
}

/*
 * Each exit is a jump of the counter, also the end of a slice if no other guest is ready.
 * A slice is the longest time without one: the first is cut off, all others are whole.
 */
static void watch(struct window *w)
{
	uint64_t jump = ticks(JUMP_NS), other = ticks(SWITCH_NS);
	uint64_t before, resumed;

	*w = (struct window){ .from = now() };
	w->to = w->from + ticks(WINDOW_US * 1000);
	before = resumed = w->from;
	while (before < w->to) {
		uint64_t time = now(), gap = time - before;

		if (gap > jump) {
			if (before - resumed > w->slice)
				w->slice = before - resumed;
			resumed = time;
			w->stolen += gap;
			w->losses += gap > other;
		}
		before = time;
	}
	w->to = before;		/* a jump may have ended after the planned end */
}

void os_main(void)
{
	struct window w;

	watch(&w);

	irq_init();
	set_deadline();
	irq_enable();
	while (now() < w.from + ticks(END_US * 1000))
		;
	irq_disable();
	timer_stop();

	guest_log_value("from", w.from);
	guest_log_value("to", w.to);
	guest_log_value("stolen us", us(w.stolen));
	guest_log_value("losses", w.losses);
	guest_log_value("slice us", us(w.slice));
	guest_log_value("delay us", us(worst));
	printf("observer: done\n");
}
