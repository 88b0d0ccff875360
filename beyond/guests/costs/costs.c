// SPDX-License-Identifier: MIT
/*
 * What exits cost, seen from inside: a loop of each, timed by the virtual counter. With QEMU's
 * -icount shift=0 an instruction takes a nanosecond, so the times are instructions: the guest's
 * own and EL2's, without the loop around them. On more than one core virtual time is that of
 * all of them together, so the others are off or asleep.
 *
 * A line for each, "[cost] NAME: INSTRUCTIONS". grader/commands/vm_costs.py compares.
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

void check_setup(void)
{
	gic_reset();
}

/* Nanoseconds of `ticks` of the counter. */
static uint64_t nanoseconds(uint64_t ticks)
{
	return ticks * 1000000000 / read_sysreg(cntfrq_el0);
}

/* Time ROUNDS of `statement`, less the loop itself, and print what one takes. */
#define COST(name, statement) do {						\
	uint64_t start_ = wait_now(), loop_, all_;				\
	for (unsigned int n = 0; n < ROUNDS; n++)				\
		__asm__ volatile("" ::: "memory");				\
	loop_ = wait_now() - start_;						\
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
