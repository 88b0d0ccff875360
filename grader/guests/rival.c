// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 beside the pattern guests. What those two have in common, and
 * so cannot tell apart, this one has otherwise: FPSR, CPACR_EL1, group 0. And it
 * waits for interrupts that are pending already, with no timer to wake it; raises
 * what is active; and waits where what is pending must not end the wait.
 */
#include "guest.h"
#include "guest_irq.h"
#include "sysreg.h"

#define WAITS		40
#define PAUSE_US	200
#define ROUNDS		8

#define FPSR		S3_3_C4_C4_1
#define FPSR_ALL	(BIT(27) | BIT(7) | GENMASK(4, 0))

static void pause(void)
{
	uint64_t end = read_sysreg(cntvct_el0) +
		       PAUSE_US * read_sysreg(cntfrq_el0) / 1000000;

	while (read_sysreg(cntvct_el0) < end)
		;
}

/* IRQs stay masked in PSTATE all the time: WFI ends, and nothing is taken. */
static uint64_t take(uint64_t intid)
{
	uint64_t taken = irq_acknowledge();

	if (taken != INTID_SPURIOUS) {
		if (taken == PPI_VTIMER)
			timer_stop();
		irq_end(taken);
	}
	return taken == intid;
}

/* What is raised while it is active is pending again behind its end. */
static uint64_t raise_while_active(unsigned int intid)
{
	uint64_t taken;

	irq_raise(intid);
	taken = irq_acknowledge();
	irq_raise(intid);
	irq_end(taken);
	return taken != intid || !take(intid);
}

static uint64_t in_us(uint64_t us)
{
	return read_sysreg(cntvct_el0) + us * read_sysreg(cntfrq_el0) / 1000000;
}

/* The timer fires while SGIs are pending: none of them is lost. */
static uint64_t lost_beside_the_timer(void)
{
	uint64_t lost = 3;

	irq_raise(3);
	irq_raise(4);
	timer_at(in_us(20));
	pause();
	for (int i = 0; i < 3; i++) {
		uint64_t taken = irq_acknowledge();

		if (taken == PPI_VTIMER)
			timer_stop();
		lost -= taken == 3 || taken == 4 || taken == PPI_VTIMER;
		if (taken != INTID_SPURIOUS)
			irq_end(taken);
	}
	return lost;
}

/* WFI must last until the timer's deadline. */
static uint64_t wait_is_short(void)
{
	uint64_t end = in_us(PAUSE_US);

	timer_at(end);
	__asm__ volatile("wfi" ::: "memory");
	return read_sysreg(cntvct_el0) < end;
}

/* SGI 5 is pending, but group 1 is off; masked by priority; active itself. */
static uint64_t short_waits(void)
{
	uint64_t count = 0;

	irq_raise(5);
	write_sysreg(icc_igrpen1_el1, 0);
	guest_isb();
	count += wait_is_short();
	write_sysreg(icc_igrpen1_el1, 1);
	guest_isb();
	take(5), take(PPI_VTIMER), take(5);

	irq_raise(5);
	write_sysreg(icc_pmr_el1, 0x80);
	guest_isb();
	count += wait_is_short();
	write_sysreg(icc_pmr_el1, 0xff);
	guest_isb();
	take(5), take(PPI_VTIMER), take(5);

	irq_raise(5);
	irq_acknowledge();
	count += wait_is_short();
	irq_end(5);
	take(PPI_VTIMER);
	return count;
}

void main(void)
{
	uint64_t again = 0, lost = 0, shorter = 0;
	uint64_t wrong = 0, differences = 0, cpacr;

	write_sysreg(cpacr_el1, CPACR_EL1_FPEN | BIT(28));
	guest_isb();
	cpacr = read_sysreg(cpacr_el1);
	write_sysreg(FPSR, FPSR_ALL);
	irq_init();
	write_sysreg(icc_igrpen0_el1, 1);
	guest_isb();

	for (unsigned int i = 0; i < WAITS; i++) {
		uint64_t intid;

		/* Masked in PSTATE all the time: WFI ends, nothing is taken. */
		irq_raise(i % 16);
		__asm__ volatile("wfi" ::: "memory");
		intid = irq_acknowledge();
		wrong += intid != i % 16;
		irq_end(intid);
		pause();	/* the others run */
		differences += read_sysreg(FPSR) != FPSR_ALL;
		differences += read_sysreg(cpacr_el1) != cpacr;
		differences += read_sysreg(icc_igrpen0_el1) != 1;
	}
	printf("rival: %d waits, %lu for another interrupt, %lu differences\n",
	       WAITS, wrong, differences);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		again += raise_while_active(i);
		lost += lost_beside_the_timer();
		shorter += short_waits();
	}
	printf("rival: %lu not raised again, %lu lost beside the timer, %lu waits too short\n",
	       again, lost, shorter);
}
