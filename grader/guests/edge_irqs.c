// SPDX-License-Identifier: MIT
/*
 * Try the edges of interrupt delivery. WFI with an interrupt pending, an interrupt raised
 * while active, the timer next to SGIs, and pending interrupts that must not end WFI.
 * FPSR, CPACR_EL1 and ICC_IGRPEN0_EL1 have values that the pattern guests do not use,
 * so those guests notice if one of these registers does not move.
 */
#include "guest.h"
#include "guest_irq.h"
#include "guest_time.h"
#include "sysreg.h"

#define WAITS		40
#define PAUSE_US	200
#define ROUNDS		8

#define FPSR		S3_3_C4_C4_1
#define FPSR_ALL	(BIT(27) | BIT(7) | GENMASK(4, 0))

/*
 * Acknowledge and end an interrupt; true if it was `intid`. IRQs stay masked in PSTATE all
 * the time: WFI ends, but no interrupt is taken.
 */
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

/* An interrupt that is raised while active is pending again after its end. */
static uint64_t raise_while_active(unsigned int intid)
{
	uint64_t taken;

	irq_raise(intid);
	taken = irq_acknowledge();
	irq_raise(intid);
	irq_end(taken);
	return taken != intid || !take(intid);
}

/* The timer fires while SGIs are pending: no interrupt may be lost. */
static uint64_t lost_near_the_timer(void)
{
	uint64_t lost = 3;

	irq_raise(3);
	irq_raise(4);
	timer_at(in_us(20));
	spin_us(PAUSE_US);
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

/* SGI 5 is pending, but group 1 is off; then it is masked by priority; then it is active. */
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
	uint64_t not_again = 0, lost = 0, shorter = 0;
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

		irq_raise(i % 16);
		__asm__ volatile("wfi" ::: "memory");
		intid = irq_acknowledge();
		wrong += intid != i % 16;
		irq_end(intid);
		spin_us(PAUSE_US);	/* other guests run */
		differences += read_sysreg(FPSR) != FPSR_ALL;
		differences += read_sysreg(cpacr_el1) != cpacr;
		differences += read_sysreg(icc_igrpen0_el1) != 1;
	}
	printf("edge_irqs: %d waits, %lu for another interrupt, %lu differences\n",
	       WAITS, wrong, differences);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		not_again += raise_while_active(i);
		lost += lost_near_the_timer();
		shorter += short_waits();
	}
	printf("edge_irqs: %lu not raised again, %lu lost near the timer, %lu waits too short\n",
	       not_again, lost, shorter);
}
