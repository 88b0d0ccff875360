// SPDX-License-Identifier: MIT
/* Check that 31 registers and SP survive an exit, 10000 times. */
#include "guest.h"

#define CALLS	10000

/*
 * Fill x1 to x30 with patterns, execute HVC #HVC_YIELD, and return how many of them
 * changed, plus 1 if x0 is not the result, plus 1 if SP changed. check.S
 */
uint64_t registers_check(void);

void main(void)
{
	uint64_t changed = 0;

	for (int i = 0; i < CALLS; i++)
		changed += registers_check();
	printf("registers: %d hypercalls, %lu registers changed\n", CALLS,
	       changed);
}
