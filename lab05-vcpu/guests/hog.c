// SPDX-License-Identifier: MIT
/* A guest that never yields: it counts and reads the time without a trap. */
#include "guest.h"
#include "sysreg.h"

#define RUN_MS	30	/* of virtual time, which passes while others run too */

void main(void)
{
	uint64_t end = read_sysreg(cntvct_el0) +
		       RUN_MS * read_sysreg(cntfrq_el0) / 1000;
	uint64_t count = 0, before = 0, backwards = 0, now;

	while ((now = read_sysreg(cntvct_el0)) < end) {
		backwards += now < before;
		before = now;
		count++;
	}
	printf("hog: done, virtual time ran backwards %lu times, counted: %s\n",
	       backwards, count > 1000 ? "yes" : "no");
}
