// SPDX-License-Identifier: MIT
/* Stage 5: vCPUs that share one core, scene by scene. */
#include "context.h"
#include "el2_mmu.h"
#include "exception.h"
#include "gic.h"
#include "guest_load.h"
#include "panic.h"
#include "say.h"
#include "sched.h"
#include "selftest.h"
#include "stage2.h"
#include "todo.h"
#include "uart.h"
#include "vgic.h"

/*
 * Run the next `guests` guests of the stage (labs.mk) together until they end. Needs
 * task `needs` and those before it.
 */
static const struct scene {
	const char *needs;
	const char *title;
	uint64_t guests;
} scenes[] = {
	{ "lab05.6", "two hogs share fairly", 2 },
	{ "lab05.6", "a sum and a signer", 2 },
	{ "lab05.7", "interrupts by software", 2 },
	{ "lab05.8", "a hog and a sleeper", 2 },
	{ "lab05.8", "a sleeper alone, EL2 idle", 1 },
	{ "lab05.8", "every guest keeps its own state", 6 },
};

_Noreturn void hyp_main(void)
{
	uint64_t next = 0;

	uart_init();
	exception_init();
	say("boot", "Schism Labs, stage 5: vCPUs that take turns\n");
	el2_mmu_init();
	el2_mmu_enable();
	s2_init();
	guest_config();

	task("lab05.1");
	selftest_el1();
	task("lab05.2");
	fp_enable();
	selftest_fp();
	task("lab05.3");
	pauth_enable();
	selftest_keys();
	context_config();
	task("lab05.4");
	gic_init();
	checkpoint("gic");
	selftest_gic();
	task("lab05.5");
	selftest_slice();
	vgic_init();
	sched_init();

	for (unsigned int i = 0; i < ARRAY_SIZE(scenes); i++) {
		uint64_t first = next;

		task(scenes[i].needs);
		say("scene", "%u: %s\n", i + 1, scenes[i].title);
		while (next < first + scenes[i].guests) {
			if (next == guest_image_count)
				panic("GUESTS names %lu guests, too few for scene %u",
				      guest_image_count, i + 1);
			context_create(guest_load(&guest_images[next++]));
		}
		sched_run();
		sched_report(first);
		checkpoint("scene-end");
	}
	say("boot", "stage 5 is complete: power off\n");
	power_off();
}
