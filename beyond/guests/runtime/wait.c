// SPDX-License-Identifier: MIT
#include "wait.h"

#include "barrier.h"
#include "sysreg.h"

uint64_t wait_now(void)
{
	isb();		/* the counter may be read early: Arm ARM, "The virtual counter" */
	return read_sysreg(cntvct_el0);
}

uint64_t wait_ticks(uint64_t us)
{
	return read_sysreg(cntfrq_el0) * us / 1000000 + 1;
}

static bool never(void *unused)
{
	(void)unused;
	return false;
}

void wait_us(uint64_t us)
{
	wait_for(never, 0, us);
}

bool wait_for(bool (*condition)(void *argument), void *argument, uint64_t us)
{
	uint64_t end = wait_now() + wait_ticks(us);

	/* Without the YIELD a machine with one host thread would not run the other cores. */
	while (!condition(argument)) {
		if (wait_now() >= end)
			return condition(argument);
		__asm__ volatile("yield" ::: "memory");
	}
	return true;
}
