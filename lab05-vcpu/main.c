// SPDX-License-Identifier: MIT
/* Stage 5: worlds that share one core, scene by scene. */
#include "context.h"
#include "el2_mmu.h"
#include "exception.h"
#include "gic.h"
#include "guest_load.h"
#include "panic.h"
#include "printf.h"
#include "sched.h"
#include "stage2.h"
#include "uart.h"
#include "vgic.h"

/* The next `guests` of the stage's guests (labs.mk), together to their end. */
static const struct scene {
	const char *title;
	uint64_t guests;
} scenes[] = {
	{ "two hogs share fairly", 2 },
	{ "a hog and a sleeper", 2 },
	{ "a sleeper alone, EL2 idle", 1 },
	{ "everybody's state is their own", 6 },
};

_Noreturn void hyp_main(void)
{
	uint64_t next = 0;

	uart_init();
	exception_init();
	printf("[boot] Schism Labs, stage 5: worlds that take turns\n");
	el2_mmu_init();
	el2_mmu_enable();
	s2_init();
	guest_config();
	context_config();
	gic_init();
	vgic_init();
	sched_init();

	for (unsigned int i = 0; i < ARRAY_SIZE(scenes); i++) {
		printf("[scene] %u: %s\n", i + 1, scenes[i].title);
		for (uint64_t n = 0; n < scenes[i].guests; n++)
			context_create(guest_load(&guest_images[next++]));
		sched_run();
		checkpoint("scene-end");
	}
	sched_report();
	power_off();
}
