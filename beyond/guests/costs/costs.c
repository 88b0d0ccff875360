// SPDX-License-Identifier: MIT
/*
 * What exits cost, seen from inside: a loop of each, timed by the virtual counter. With QEMU's
 * -icount shift=0 an instruction takes a nanosecond, so the times are instructions: the guest's
 * own and EL2's, without the loop around them. On more than one core virtual time is that of
 * all of them together, so the others are off or asleep.
 *
 * A line for each, "[cost] NAME: INSTRUCTIONS". grader/commands/vm_costs.py compares.
 *
 * The tool also runs single exits instruction by instruction, for what a loop cannot tell:
 * which of EL2's functions execute them, and what an exit costs its own core alone. It
 * begins where cost_begins() is called.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "printf.h"
#include "psci.h"
#include "vendor.h"
#include "wait.h"

const char guest_name[] = "costs";

#define ROUNDS	2000
#define WARM	3	/* the last of these is counted instruction by instruction */

void check_setup(void)
{
	gic_reset();
}

/* Nanoseconds of `ticks` of the counter. */
static uint64_t nanoseconds(uint64_t ticks)
{
	return ticks * 1000000000 / read_sysreg(cntfrq_el0);
}

/* A debugger stops here. The name is in x0; exits that follow are the ones to count. */
static __attribute__((noinline)) void cost_begins(const char *name)
{
	__asm__ volatile("" :: "r"(name) : "memory");
}

/* Time ROUNDS of `statement`, less the loop itself, and print what one takes. */
#define COST(name, statement) do {						\
	uint64_t start_ = wait_now(), loop_, all_;				\
	for (unsigned int n = 0; n < ROUNDS; n++)				\
		__asm__ volatile("" ::: "memory");				\
	loop_ = wait_now() - start_;						\
	cost_begins(name);							\
	start_ = wait_now();							\
	for (unsigned int n = 0; n < ROUNDS; n++) {				\
		statement;							\
		__asm__ volatile("" ::: "memory");				\
	}									\
	all_ = wait_now() - start_;						\
	printf("[cost] %s: %lu\n", name, nanoseconds(all_ - loop_) / ROUNDS);	\
} while (0)

static inline void version(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_VERSION;

	__asm__ volatile("hvc #0" : "+r"(x0) :: "x1", "x2", "x3", "memory");
}

static inline void yield(void)
{
	register uint64_t x0 __asm__("x0") = VENDOR_YIELD;

	__asm__ volatile("hvc #0" : "+r"(x0) :: "x1", "x2", "x3", "memory");
}

CHECK("costs.of_calls_and_registers")
{
	COST("hvc", version());
	COST("id register", read_sysreg(id_aa64pfr0_el1));
	COST("cntp_ctl", read_sysreg(cntp_ctl_el0));
}

CHECK("costs.of_the_distributor")
{
	COST("gicd_typer", mmio_read32(GICD_BASE + GICD_TYPER));
	COST("gicd_iidr", mmio_read32(GICD_BASE + 8));
	COST("gicd_isenabler", mmio_write32(GICD_BASE + GICD_ISENABLER(SPI_WORD), ~0U));
	COST("gicd_ipriorityr", mmio_write32(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST), 0));
	COST("gicd_ispendr read", mmio_read32(GICD_BASE + GICD_ISPENDR(SPI_WORD)));
	gicd_write(GICD_ICENABLER(SPI_WORD), ~0U);
}

CHECK("costs.of_the_uart")
{
	COST("uart read", mmio_read32(UART_BASE + UARTFR));
	COST("uart write", mmio_write32(UART_BASE + UARTIMSC, 0));
}

/* An SGI to itself, to the end of its interrupt; IRQs stay masked. */
static void own_sgi(void)
{
	gic_send_sgi(0, 1);
	read_sysreg(icc_iar1_el1);
	write_sysreg(icc_eoir1_el1, 1);
}

CHECK("costs.of_an_sgi_to_oneself")
{
	gic_enable(1, PRIORITY);
	COST("sgi to oneself", own_sgi());
}

static volatile bool taken;

static void take_timer(bool fiq)
{
	(void)fiq;
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(icc_eoir1_el1, read_sysreg(icc_iar1_el1));
	taken = true;
}

/* The exit is the timer's interrupt, which becomes the guest's. */
CHECK("costs.of_a_timer_interrupt")
{
	gic_enable(PPI_VTIMER, PRIORITY);
	this_core()->interrupt = take_timer;
	for (unsigned int n = 0; n < WARM; n++) {
		taken = false;
		cost_begins("timer");
		write_sysreg(cntv_tval_el0, wait_ticks(20));
		write_sysreg(cntv_ctl_el0, 1);
		__asm__ volatile("msr daifclr, #2" ::: "memory");
		while (!taken)
			;
		__asm__ volatile("msr daifset, #2" ::: "memory");
	}
	this_core()->interrupt = 0;
}

static volatile bool measured;

static void yield_until_measured(void *unused)
{
	(void)unused;
	while (!measured)
		yield();
}

/* If both vCPUs have one core, each yield changes to the other one: two switches a round. */
CHECK("costs.of_a_switch")
{
	if (core_count < 2)
		return;
	core_begin(1, yield_until_measured, 0);
	yield();
	COST("two switches", yield());
	measured = true;
	core_end(1);
}

static bool is_off(void *mpidr)
{
	return psci(PSCI_AFFINITY_INFO | PSCI_64, *(uint64_t *)mpidr, 0, 0) == PSCI_IS_OFF;
}

/* It goes off after `count` SGIs, for each of which it sleeps. */
static void sleep_for_sgis(void *count)
{
	gic_reset_core();
	gic_enable(1, PRIORITY);
	for (uint64_t left = (uint64_t)count; left; left--) {
		wfi();
		write_sysreg(icc_eoir1_el1, read_sysreg(icc_iar1_el1));
	}
	core_off(0);
}

/* CPU_ON of a vCPU that is off, then an SGI that ends its WFI: what they cost their caller. */
CHECK("costs.of_calling_another_core")
{
	if (core_count < 2)
		return;
	for (unsigned int n = 0; n < WARM; n++) {
		if (cores[1].started)	/* from the check before */
			core_begin(1, core_off, 0);
		if (!wait_for(is_off, &cores[1].mpidr, EFFECT_US))
			check_fail("core 1 does not go off");
		cost_begins("cpu on");
		core_begin(1, sleep_for_sgis, (void *)1);
		wait_us(EFFECT_US);
		cost_begins("sgi to another");
		gic_send_sgi(1, 1);
		if (!wait_for(is_off, &cores[1].mpidr, EFFECT_US))
			check_fail("the SGI does not arrive");
	}
}
