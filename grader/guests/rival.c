// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 beside the pattern guests. What those two have in common, and
 * so cannot tell apart, this one has otherwise: FPSR, CPACR_EL1, group 0. And it
 * waits for interrupts that are pending already, with no timer to wake it.
 */
#include "guest.h"
#include "guest_irq.h"
#include "sysreg.h"

#define WAITS		40
#define PAUSE_US	200

#define FPSR		S3_3_C4_C4_1
#define FPSR_ALL	(BIT(27) | BIT(7) | GENMASK(4, 0))

static void pause(void)
{
	uint64_t end = read_sysreg(cntvct_el0) +
		       PAUSE_US * read_sysreg(cntfrq_el0) / 1000000;

	while (read_sysreg(cntvct_el0) < end)
		;
}

void main(void)
{
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
}
