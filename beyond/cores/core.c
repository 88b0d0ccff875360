// SPDX-License-Identifier: MIT
#include "core.h"

#include "cache.h"
#include "context.h"
#include "core_controls.h"
#include "el2_mmu.h"
#include "error.h"
#include "exception.h"
#include "gic.h"
#include "panic.h"
#include "platform.h"
#include "registers.h"
#include "sched.h"
#include "smccc.h"
#include "stage2.h"
#include "vgic.h"

#define STACK_SIZE	BIT(STACK_SHIFT)

struct core cores[CORES_MAX];
unsigned int core_count = 1;
struct core_controls core_controls;

static bool running;			/* core_run_all() has begun */
static unsigned int ended;		/* cores whose sched_run() has returned */

/*
 * Stacks of the other cores. Each is the upper half of its place: vectors.S knows by one
 * bit of SP that a stack has overflowed, and the lower half is a guard.
 */
static char stacks[CORES_MAX - 1][2 * STACK_SIZE]
	__attribute__((aligned(2 * STACK_SIZE)));

void core_init(void)
{
	struct core *core = &cores[0];

	core->affinity = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
	core->started = true;
	write_sysreg(tpidr_el2, core);
}

void core_setup(void)
{
	s2_init();
	guest_config();
	context_config();
	gic_enable_ppi(KICK_INTID);
	gic_enable_ppi(PPI_MAINTENANCE);
	gic_enable_ppi(PPI_HYP_TIMER);
	gic_enable_ppi(PPI_VTIMER);
	registers_init_core();
}

static void store_started(struct core *core)
{
	__atomic_store_n(&core->started, true, __ATOMIC_RELEASE);
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

static void wait_until_true(const bool *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		__asm__ volatile("wfe" ::: "memory");
}

_Noreturn void core_main(struct core *core)
{
	exception_init();
	gic_init_core();
	core_setup();
	store_started(core);
	wait_until_true(&running);
	sched_run();
	__atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
	smccc_smc(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

static void save_controls(void)
{
	core_controls = (struct core_controls){
		.cptr = read_sysreg(cptr_el2),
		.mdcr = read_sysreg(mdcr_el2),
		.mair = read_sysreg(mair_el2),
		.tcr = read_sysreg(tcr_el2),
		.ttbr0 = read_sysreg(ttbr0_el2),
		.sctlr = read_sysreg(sctlr_el2),
	};
	cache_clean_invalidate(&core_controls, sizeof(core_controls));
}

static void start(struct core *core, unsigned int number)
{
	char *guard = stacks[number - 1];
	int64_t error;

	*core = (struct core){
		.number = number,
		.affinity = number,	/* the virt machine: up to 8 cores in Aff0 */
		.stack = (uint64_t)guard + 2 * STACK_SIZE,
	};
	error = el2_unmap((uint64_t)guard, STACK_SIZE);
	if (error)
		panic("no guard below the stack of core %u: %s", number,
		      error_name(error));
	/* The core reads it before its MMU and caches are on. */
	cache_clean_invalidate(core, sizeof(*core));
	error = smccc_smc(PSCI_CPU_ON | PSCI_64, core->affinity,
			  (uint64_t)secondary_start, (uint64_t)core);
	if (error)
		panic("PSCI CPU_ON of core %u failed: %ld", number, error);
	wait_until_true(&core->started);
}

void core_start_all(unsigned int count)
{
	save_controls();
	while (core_count < MIN(count, CORES_MAX)) {
		start(&cores[core_count], core_count);
		core_count++;
	}
}

void core_run_all(void)
{
	__atomic_store_n(&running, true, __ATOMIC_RELEASE);
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
	sched_run();
	while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != core_count - 1)
		__asm__ volatile("wfe" ::: "memory");
}

void core_kick(const struct core *core)
{
	uint64_t a = core->affinity;

	dsb(ishst);
	write_sysreg(icc_sgi1r_el1,
		     FIELD_PREP(GENMASK(55, 48), a >> 32) |
		     FIELD_PREP(GENMASK(39, 32), a >> 16) |
		     FIELD_PREP(GENMASK(23, 16), a >> 8) |
		     FIELD_PREP(ICC_SGI1R_RS, a >> 4) |
		     FIELD_PREP(ICC_SGI1R_INTID, KICK_INTID) |
		     BIT(a & 0xf));
	isb();		/* sent now, not with a later barrier */
}
