// SPDX-License-Identifier: MIT
/* Check that 31 registers and SP survive an exit, 10000 times. */
#include "guest.h"
#include "register_list.h"

#define CALLS	10000

/*
 * Fill x1 to x30 with patterns, execute HVC #HVC_YIELD, and return which of them changed:
 * bit n for xn, bit 0 if x0 is not the result, bit 31 for SP. check.S
 */
uint64_t registers_check(void);

void main(void)
{
	char names[REGISTER_LIST_SIZE];
	uint64_t changed = 0;

	for (int i = 0; i < CALLS; i++)
		changed |= registers_check();
	printf("registers: %d hypercalls, registers changed: %s\n", CALLS,
	       register_list(names, changed));
}
