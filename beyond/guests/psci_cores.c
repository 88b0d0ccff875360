// SPDX-License-Identifier: MIT
/*
 * PSCI between cores: CPU_ON, CPU_OFF, AFFINITY_INFO, and races between them. Arm DEN 0022, "CPU_ON",
 * "CPU_OFF", "AFFINITY_INFO", "Initial Core Configuration".
 *
 * QEMU with a host thread a core starts cores late and lets a second CPU_ON succeed meanwhile. With
 * -icount, as here, it keeps the rule that one caller wins.
 *
 * Not checked: CPU_OFF of the last core, whose result is DENIED or a machine that is off.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "psci.h"
#include "wait.h"

const char guest_name[] = "psci_cores";

#define LAST	(core_count - 1)

static bool is_off(void *core)
{
	return psci(PSCI_AFFINITY_INFO | PSCI_64, ((struct core *)core)->mpidr, 0, 0) == PSCI_IS_OFF;
}

/* Turn core n off, if it is on, and see AFFINITY_INFO say so. */
static void turn_off(unsigned int n)
{
	if (cores[n].started)
		core_begin(n, core_off, 0);
	expect_true("AFFINITY_INFO reports OFF", wait_for(is_off, &cores[n], 50 * EFFECT_US));
	cores[n].state = JOB_NONE;
}

/* Every check begins with core 0 alone on. */
void check_setup(void)
{
	for (unsigned int n = 1; n < core_count; n++)
		turn_off(n);
}

static int64_t affinity_info(unsigned int n)
{
	return psci(PSCI_AFFINITY_INFO | PSCI_64, cores[n].mpidr, 0, 0);
}

static int64_t cpu_on(unsigned int n)
{
	return psci(PSCI_CPU_ON | PSCI_64, cores[n].mpidr, (uint64_t)secondary_start,
		    (uint64_t)&cores[n]);
}

static bool has_started(void *core)
{
	return __atomic_load_n(&((struct core *)core)->started, __ATOMIC_ACQUIRE);
}

static void expect_arrival(unsigned int n)
{
	expect_true("the core arrives", wait_for(has_started, &cores[n], 50 * EFFECT_US));
}

static void nothing(void *unused)
{
	(void)unused;
}

CHECK("psci_cores.affinity_info.off_before_cpu_on")
{
	for (unsigned int n = 1; n < core_count; n++) {
		expect_equal("64 bit", affinity_info(n), PSCI_IS_OFF);
		expect_equal("32 bit", psci(PSCI_AFFINITY_INFO, cores[n].mpidr, 0, 0), PSCI_IS_OFF);
	}
}

CHECK("psci_cores.affinity_info.on_after_cpu_on")
{
	for (unsigned int n = 1; n < core_count; n++) {
		core_start(n);
		expect_equal("AFFINITY_INFO", affinity_info(n), PSCI_IS_ON);
	}
}

CHECK("psci_cores.affinity_info.off_after_cpu_off")
{
	core_start(LAST);
	turn_off(LAST);
	expect_equal("AFFINITY_INFO", affinity_info(LAST), PSCI_IS_OFF);
}

static int64_t seen;

static void look_at_core_0(void *unused)
{
	(void)unused;
	seen = affinity_info(0);
}

CHECK("psci_cores.affinity_info.from_another_core")
{
	core_run(LAST, look_at_core_0, 0);
	expect_equal("core 0 as core n sees it", seen, PSCI_IS_ON);
}

CHECK("psci_cores.cpu_on.each_core_runs")
{
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, nothing, 0);
}

static void read_mpidr(void *mpidr)
{
	*(uint64_t *)mpidr = read_sysreg(mpidr_el1);
}

CHECK("psci_cores.cpu_on.starts_the_core_that_was_named")
{
	for (unsigned int n = 1; n < core_count; n++) {
		uint64_t mpidr;

		core_run(n, read_mpidr, &mpidr);
		expect_equal("MPIDR_EL1's affinity", mpidr & MPIDR_AFFINITY, cores[n].mpidr);
	}
}

CHECK("psci_cores.cpu_on.32_bit_form")
{
	expect_equal("CPU_ON", psci(PSCI_CPU_ON, cores[LAST].mpidr, (uint64_t)secondary_start,
		     (uint64_t)&cores[LAST]), PSCI_SUCCESS);
	expect_arrival(LAST);
	core_run(LAST, nothing, 0);
}


CHECK("psci_cores.entry.interrupts_are_masked")
{
	core_start(LAST);
	expect_equal("DAIF", cores[LAST].entry_daif & PSTATE_DAIF, PSTATE_DAIF);
}

CHECK("psci_cores.entry.mmu_and_caches_are_off")
{
	core_start(LAST);
	expect_equal("SCTLR_EL1.M, C and I", cores[LAST].entry_sctlr &
		     (SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I), 0);
}

static void read_level(void *level)
{
	*(uint64_t *)level = read_sysreg(currentel);
}

CHECK("psci_cores.entry.same_exception_level")
{
	uint64_t level;

	core_run(LAST, read_level, &level);
	expect_equal("CurrentEL", level, read_sysreg(currentel));
}

CHECK("psci_cores.cpu_on.of_an_on_core")
{
	core_start(LAST);
	expect_equal("64 bit", cpu_on(LAST), PSCI_ALREADY_ON);
	expect_equal("32 bit", psci(PSCI_CPU_ON, cores[LAST].mpidr, (uint64_t)secondary_start, 0),
		     PSCI_ALREADY_ON);
	core_run(LAST, nothing, 0);	/* and it still runs */
}

CHECK("psci_cores.cpu_on.twice_at_once")
{
	int64_t second;

	expect_equal("first", cpu_on(LAST), PSCI_SUCCESS);
	second = cpu_on(LAST);
	expect_true("second: ALREADY_ON or ON_PENDING", second == PSCI_ALREADY_ON ||
		    second == PSCI_ON_PENDING);
	expect_arrival(LAST);
}

static void on_of_core_0(void *result)
{
	*(int64_t *)result = psci(PSCI_CPU_ON | PSCI_64, cores[0].mpidr,
				  (uint64_t)secondary_start, 0);
}

CHECK("psci_cores.cpu_on.of_core_0_from_another")
{
	int64_t result;

	core_run(LAST, on_of_core_0, &result);
	expect_equal("CPU_ON", result, PSCI_ALREADY_ON);
}

static void on_of_itself(void *result)
{
	*(int64_t *)result = cpu_on(core_number());
}

CHECK("psci_cores.cpu_on.of_itself_on_another_core")
{
	int64_t result;

	core_run(LAST, on_of_itself, &result);
	expect_equal("CPU_ON", result, PSCI_ALREADY_ON);
}

/* The race: callers wait for `go`, then all turn the last core on. */
static bool go;
static int64_t results[MAX_CORES];

static bool can_go(void *unused)
{
	(void)unused;
	return __atomic_load_n(&go, __ATOMIC_ACQUIRE);
}

static void race(void *unused)
{
	(void)unused;
	wait_for(can_go, 0, 100000);
	results[core_number()] = cpu_on(LAST);
}

CHECK("psci_cores.race.one_cpu_on_wins")
{
	for (unsigned int round = 0; round < 20; round++) {
		unsigned int won = 0;

		go = false;
		for (unsigned int n = 1; n < LAST; n++)
			core_begin(n, race, 0);
		__atomic_store_n(&go, true, __ATOMIC_RELEASE);
		race(0);
		for (unsigned int n = 1; n < LAST; n++)
			core_end(n);
		for (unsigned int n = 0; n < LAST; n++) {
			won += results[n] == PSCI_SUCCESS;
			expect_true("SUCCESS, ALREADY_ON or ON_PENDING",
				    results[n] == PSCI_SUCCESS || results[n] == PSCI_ALREADY_ON ||
				    results[n] == PSCI_ON_PENDING);
		}
		expect_equal("callers that won", won, 1);
		expect_arrival(LAST);
		turn_off(LAST);
	}
}

CHECK("psci_cores.race.cpu_on_against_cpu_off")
{
	for (unsigned int round = 0; round < 20; round++) {
		int64_t result = PSCI_ALREADY_ON;

		core_start(LAST);
		core_begin(LAST, core_off, 0);
		/* ALREADY_ON until it is off; then this CPU_ON wins, and the core arrives. */
		for (unsigned int n = 0; n < 100000 && result != PSCI_SUCCESS; n++) {
			result = cpu_on(LAST);
			expect_true("SUCCESS or ALREADY_ON", result == PSCI_SUCCESS ||
				    result == PSCI_ALREADY_ON);
			__asm__ volatile("yield" ::: "memory");
		}
		expect_equal("in the end", result, PSCI_SUCCESS);
		expect_arrival(LAST);
		turn_off(LAST);
	}
}

CHECK("psci_cores.cycle.off_and_on_50_times")
{
	for (unsigned int round = 0; round < 50; round++) {
		core_run(1, nothing, 0);
		turn_off(1);
	}
}

CHECK("psci_cores.cycle.all_cores_10_times")
{
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int n = 1; n < core_count; n++)
			core_start(n);
		for (unsigned int n = 1; n < core_count; n++)
			core_run(n, nothing, 0);
		for (unsigned int n = 1; n < core_count; n++)
			turn_off(n);
	}
}

CHECK("psci_cores.off.an_sgi_does_not_wake_it")
{
	gic_reset();
	core_start(LAST);
	turn_off(LAST);
	gic_send_sgi(LAST, 1);
	wait_us(EFFECT_US);
	expect_equal("AFFINITY_INFO", affinity_info(LAST), PSCI_IS_OFF);
	expect_true("it runs nothing", !cores[LAST].started);
}

CHECK("psci_cores.off.the_others_continue")
{
	for (unsigned int n = 1; n < core_count; n++)
		core_start(n);
	turn_off(1);
	for (unsigned int n = 2; n < core_count; n++)
		core_run(n, nothing, 0);
	core_run(1, nothing, 0);
}
