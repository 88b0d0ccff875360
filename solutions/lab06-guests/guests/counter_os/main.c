// SPDX-License-Identifier: MIT
/*
 * counter_os: a minimal operating system with a timer tick. In each round it counts
 * until a tick and then sleeps until the next, with the MMU off, FP registers and keys
 * in use, and a private heap.
 */
#include "barrier.h"
#include "checks.h"
#include "guest_irq.h"
#include "os.h"
#include "todo.h"

#define TASK		1
#define TICK_US		1000
#define FP_SEED		UINT64_C(0x4009000000000000)
#define KEY_SEED	UINT64_C(0x243f6a8885a308d3)

static volatile uint64_t ticks, stray;
static uint64_t period, deadline;

void os_exception(struct os_frame *frame)
{
	/* HOLE(lab06.3): A tick: acknowledge, count, set the next. All else is an error. */
	uint64_t intid;

	if (frame->slot != SLOT_IRQ) {
		printf("counter_os: exception in slot %lu at 0x%lx\n",
		       frame->slot, frame->elr);
		os_off();
	}
	intid = irq_acknowledge();
	if (intid == INTID_SPURIOUS)
		return;
	if (intid == PPI_VTIMER) {
		ticks++;
		/* Relative to the last deadline, not to now, to avoid drift. */
		deadline += period;
		timer_at(deadline);
	} else {
		stray++;
	}
	irq_end(intid);
	/* END(lab06.3) */
}

static void log_identity(void)
{
	/* HOLE(lab06.3): Log EL, SP and heap. */
	guest_log_value("el", FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	guest_log_value("sp", (uint64_t)__builtin_frame_address(0));
	guest_log_value("heap", WORK_ADDR(GUEST_SLOT));
	/* END(lab06.3) */
}

/* Count in the heap until the next tick. */
static uint64_t work_until_tick(void)
{
	/* HOLE(lab06.3): Do units of work until the tick count changes. */
	volatile uint64_t *heap = (volatile uint64_t *)WORK_ADDR(GUEST_SLOT);
	uint64_t before = ticks, units = 0;

	while (ticks == before)
		heap[units++ % (WORK_SIZE / sizeof(*heap))]++;
	return units;
	/* END(lab06.3) */
}

/* Sleep until the next tick. */
static void sleep_until_tick(void)
{
	/* HOLE(lab06.3): WFI, without losing a tick between the check and the WFI. */
	uint64_t before;

	irq_disable();
	before = ticks;
	while (ticks == before) {
		/* A pending interrupt ends WFI and is taken after it. */
		wfi();
		irq_enable();
		guest_isb();
		irq_disable();
	}
	irq_enable();
	/* END(lab06.3) */
}

void os_main(void)
{
	uint64_t units = 0, fp_errors = 0, key_errors = 0, code;

	task("lab06.2");
	task("lab06.3");
	printf("counter_os: up at EL%lu\n",
	       FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	log_identity();

	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	guest_isb();
	fp_fill(FP_SEED);
	keys_fill(KEY_SEED);
	code = keys_code();

	irq_init();
	period = TICK_US * read_sysreg(cntfrq_el0) / 1000000;
	deadline = read_sysreg(cntvct_el0) + period;
	timer_at(deadline);
	irq_enable();

	for (uint64_t round = 1; CONFIG_ROUNDS == 0 || round <= CONFIG_ROUNDS;
	     round++) {
		units += work_until_tick();
		sleep_until_tick();
		fp_errors += fp_differences(FP_SEED);
		key_errors += keys_code() != code;

		guest_log_value("rounds", round);
		guest_log_value("ticks", ticks);
		guest_log_value("work", units);
		guest_log_value("fp errors", fp_errors);
		guest_log_value("key errors", key_errors);
		guest_log_value("stray interrupts", stray);
		if (guest_task_report(TASK, "counter", round, units) != 0)
			printf("counter_os: EL2 refused report %lu\n", round);
		printf("counter_os: round %lu, %lu ticks, FP %s, keys %s\n",
		       round, ticks, fp_errors ? "WRONG" : "ok",
		       key_errors ? "WRONG" : "ok");
	}
	irq_disable();
	timer_stop();
	printf("counter_os: done\n");
}
