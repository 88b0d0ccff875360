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
	/* TODO(lab06.3): A tick: acknowledge, count, set the next. All else is an error. */
	todo("lab06.3", "os_exception() in lab06-guests/guests/counter_os/main.c, read lab06-guests/README.md#task-3");
	/* END(lab06.3) */
}

static void log_identity(void)
{
	/* TODO(lab06.3): Log EL, SP and heap. */
	todo("lab06.3", "log_identity() in lab06-guests/guests/counter_os/main.c, read lab06-guests/README.md#task-3");
	/* END(lab06.3) */
}

/* Count in the heap until the next tick. */
static uint64_t work_until_tick(void)
{
	/* TODO(lab06.3): Do units of work until the tick count changes. */
	todo("lab06.3", "work_until_tick() in lab06-guests/guests/counter_os/main.c, read lab06-guests/README.md#task-3");
	/* END(lab06.3) */
}

/* Sleep until the next tick. */
static void sleep_until_tick(void)
{
	/* TODO(lab06.3): WFI, without losing a tick between the check and the WFI. */
	todo("lab06.3", "sleep_until_tick() in lab06-guests/guests/counter_os/main.c, read lab06-guests/README.md#task-3");
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
