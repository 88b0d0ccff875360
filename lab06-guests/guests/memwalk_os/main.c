// SPDX-License-Identifier: MIT
/*
 * memwalk_os: an operating system that uses its own MMU. In each round it fills its
 * private heap with another pattern, verifies it, then causes a fault and recovers.
 */
#include "esr.h"
#include "mmu.h"
#include "os.h"
#include "sysreg.h"
#include "todo.h"

#define TASK	2
#define WORDS	(WORK_SIZE / sizeof(uint64_t))

static volatile uint64_t faults, last_far;

void os_exception(struct os_frame *frame)
{
	/* TODO(lab06.4): A data abort at HOLE_VA is expected: count it, step over it. */
	todo("lab06.4", "os_exception() in lab06-guests/guests/memwalk_os/main.c, read lab06-guests/README.md#task-4");
	/* END(lab06.4) */
}

/* The value of word `i` of the heap in round `round`. */
static uint64_t pattern(uint64_t round, uint64_t i)
{
	return (round << 48 ^ i) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Fill the heap for `round`, then verify it. Return the number of wrong words. */
static uint64_t walk(uint64_t round)
{
	/* TODO(lab06.4): Write all words first, then compare all. */
	todo("lab06.4", "walk() in lab06-guests/guests/memwalk_os/main.c, read lab06-guests/README.md#task-4");
	/* END(lab06.4) */
}

void os_main(void)
{
	uint64_t wrong = 0;

	task("lab06.2");
	task("lab06.4");
	printf("memwalk_os: up at EL%lu\n",
	       FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	guest_log_value("el", FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	guest_log_value("sp", (uint64_t)__builtin_frame_address(0));
	guest_log_value("heap", WORK_ADDR(GUEST_SLOT));
	mmu_init();
	printf("memwalk_os: MMU on, heap at VA 0x%lx\n", HEAP_VA);
	guest_log_value("heap va", HEAP_VA);

	for (uint64_t round = 1; CONFIG_ROUNDS == 0 || round <= CONFIG_ROUNDS;
	     round++) {
		wrong += walk(round);
		*(volatile uint64_t *)HOLE_VA = round;

		guest_log_value("rounds", round);
		guest_log_value("words", round * WORDS);
		guest_log_value("wrong words", wrong);
		guest_log_value("faults", faults);
		guest_log_value("last far", last_far);
		if (guest_task_report(TASK, "memwalk", round, round * WORDS) != 0)
			printf("memwalk_os: EL2 refused report %lu\n", round);
		printf("memwalk_os: round %lu, %lu words, heap %s, %lu faults met\n",
		       round, WORDS, wrong ? "WRONG" : "ok", faults);
	}
	printf("memwalk_os: done\n");
}
