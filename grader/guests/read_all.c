// SPDX-License-Identifier: MIT
/*
 * Read every register and all memory that a guest can read, at its start and once more
 * after other guests have run. No value may come from another guest: an instance that starts before
 * dirty_all prints the same as one that starts after it.
 */
#include "every_register.h"
#include "guest_layout.h"
#include "hypercall.h"

#define TURNS	4

static struct values values;

static uint64_t words_not_zero(uint64_t address, uint64_t size)
{
	uint64_t count = 0;

	for (uint64_t at = address; at < address + size; at += sizeof(uint64_t))
		count += *(const volatile uint64_t *)at != 0;
	return count;
}

void main(void)
{
	/* Before the first exception overwrites them. */
	uint64_t spsr = read_sysreg(spsr_el1), elr = read_sysreg(elr_el1);
	uint64_t esr = read_sysreg(esr_el1), far = read_sysreg(far_el1);

	printf("read_all: SPSR_EL1 0x%lx, ELR_EL1 0x%lx, ESR_EL1 0x%lx, FAR_EL1 0x%lx\n",
	       spsr, elr, esr, far);
	printf("read_all: not zero: %lu words of the work buffer, %lu of the mailbox\n",
	       words_not_zero(WORK_ADDR(GUEST_SLOT), WORK_SIZE),
	       words_not_zero(MAILBOX_ADDR(GUEST_SLOT), MAILBOX_SIZE));
	read_all_registers(&values);
	for (unsigned int i = 0; i < values.count; i++) {
		printf("read_all: ");
		print_register(values.of[i].encoding);
		printf(" 0x%lx\n", values.of[i].value);
	}
	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	isb();
	printf("read_all: Q0 to Q31 0x%lx\n", or_of_q());
	write_sysreg(cpacr_el1, 0);
	isb();

	for (int turn = 0; turn < TURNS; turn++)
		hvc(HVC_YIELD, 0);
	print_changed("read_all", &values);
}
