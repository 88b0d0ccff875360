// SPDX-License-Identifier: MIT
#include "core.h"

#include "barrier.h"
#include "check.h"
#include "psci.h"
#include "wait.h"

#define PATIENCE_US	1000000

struct core cores[MAX_CORES];
unsigned int core_count;

void cores_find(void)
{
	uint64_t own = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;

	/* Core 0 is the one that runs this, so its number need not be its Aff0. */
	cores[0].mpidr = own;
	cores[0].started = true;
	core_count = 1;
	for (unsigned int aff0 = 0; aff0 < MAX_CORES && core_count < MAX_CORES; aff0++) {
		uint64_t mpidr = (own & ~UINT64_C(0xff)) | aff0;

		if (mpidr == own || psci(PSCI_AFFINITY_INFO | PSCI_64, mpidr, 0, 0) < 0)
			continue;
		cores[core_count++].mpidr = mpidr;
	}
}

void secondary_main(uint64_t daif, uint64_t sctlr)
{
	struct core *core = this_core();

	core->entry_daif = daif;
	core->entry_sctlr = sctlr;
	__atomic_store_n(&core->started, true, __ATOMIC_RELEASE);
	for (;;) {
		while (__atomic_load_n(&core->state, __ATOMIC_ACQUIRE) != JOB_READY)
			__asm__ volatile("wfe" ::: "memory");
		core->stopped = attempt(core->function, core->argument, &core->taken);
		__atomic_store_n(&core->state, JOB_DONE, __ATOMIC_RELEASE);
	}
}

static bool has_started(void *core)
{
	return __atomic_load_n(&((struct core *)core)->started, __ATOMIC_ACQUIRE);
}

static bool has_ended(void *core)
{
	return __atomic_load_n(&((struct core *)core)->state, __ATOMIC_ACQUIRE) == JOB_DONE;
}

void core_start(unsigned int n)
{
	struct core *core = &cores[n];

	if (core->started)
		return;
	if (n >= core_count)
		check_fail("this machine has too few cores");
	expect_equal("CPU_ON", psci(PSCI_CPU_ON | PSCI_64, core->mpidr, (uint64_t)secondary_start,
				    (uint64_t)core), PSCI_SUCCESS);
	if (!wait_for(has_started, core, PATIENCE_US))
		check_fail("a core that CPU_ON started does not arrive");
}

void core_begin(unsigned int n, void (*function)(void *argument), void *argument)
{
	struct core *core = &cores[n];

	core_start(n);
	if (core->state == JOB_READY)
		check_fail("an earlier function on this core never returned");
	core->function = function;
	core->argument = argument;
	__atomic_store_n(&core->state, JOB_READY, __ATOMIC_RELEASE);
	dsb(ish);	/* the job is visible before the event that announces it */
	__asm__ volatile("sev" ::: "memory");
}

void core_end(unsigned int n)
{
	struct core *core = &cores[n], *self = this_core();

	if (!wait_for(has_ended, core, PATIENCE_US))
		check_fail("a function on another core does not return");
	core->state = JOB_NONE;
	if (core->stopped == ATTEMPT_RETURNED)
		return;
	self->stopped = core->stopped;
	self->taken = core->taken;
	self->complaint = core->complaint;
	self->wanted = core->wanted;
	self->got = core->got;
	attempt_fail();
}

static bool is_free(void *core)
{
	return __atomic_load_n(&((struct core *)core)->state, __ATOMIC_ACQUIRE) != JOB_READY;
}

void cores_settle(void)
{
	for (unsigned int n = 1; n < core_count; n++)
		wait_for(is_free, &cores[n], PATIENCE_US);
}

void core_run(unsigned int n, void (*function)(void *argument), void *argument)
{
	core_begin(n, function, argument);
	core_end(n);
}

void core_off(void *unused)
{
	struct core *core = this_core();

	(void)unused;
	core->state = JOB_NONE;
	__atomic_store_n(&core->started, false, __ATOMIC_RELEASE);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	core->started = true;
	check_fail("CPU_OFF returned");
}
