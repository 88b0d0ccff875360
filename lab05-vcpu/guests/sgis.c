// SPDX-License-Identifier: MIT
/*
 * A guest that sends itself SGIs. Each must be delivered exactly once, even with more
 * of them pending than there are list registers, and while another guest does the same.
 */
#include "guest.h"
#include "guest_irq.h"

#define ROUNDS		10
#define SGIS		16
#define PAUSE_US	250	/* more than a slice: the other guest runs */

static volatile uint64_t taken[SGIS], others;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	uint64_t intid;

	(void)esr;
	(void)elr;
	if (slot != SLOT_IRQ) {
		printf("sgis: unexpected exception, slot %lu\n", slot);
		guest_off();
	}
	intid = irq_acknowledge();
	if (intid < SGIS)
		taken[intid]++;
	else if (intid != INTID_SPURIOUS)
		others++;
	if (intid != INTID_SPURIOUS)
		irq_end(intid);
}

static void pause_a_while(void)
{
	uint64_t end = read_sysreg(cntvct_el0) +
		       PAUSE_US * read_sysreg(cntfrq_el0) / 1000000;

	while (read_sysreg(cntvct_el0) < end)
		;
}

void main(void)
{
	uint64_t wrong = 0;

	irq_init();
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned int n = 0; n < SGIS; n++) {
			irq_raise(n);
			irq_raise(n);	/* already pending: still delivered once */
		}
		pause_a_while();	/* pending across switches */
		irq_enable();
		pause_a_while();
		irq_disable();
	}
	for (unsigned int n = 0; n < SGIS; n++)
		wrong += taken[n] != ROUNDS;
	printf("sgis: %d rounds of %d, %lu not taken once each, %lu others\n",
	       ROUNDS, SGIS, wrong, others);
}
