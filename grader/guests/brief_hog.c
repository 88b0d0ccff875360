// SPDX-License-Identifier: MIT
/* A hog that ends early: the machine is quiet afterwards. */
#include "guest.h"
#include "sysreg.h"

#define RUN_MS	16	/* of virtual time */

void main(void)
{
	uint64_t end = read_sysreg(cntvct_el0) + RUN_MS * read_sysreg(cntfrq_el0) / 1000;

	while (read_sysreg(cntvct_el0) < end)
		;
	printf("brief_hog: done\n");
}
