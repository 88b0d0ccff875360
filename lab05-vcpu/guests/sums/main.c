// SPDX-License-Identifier: MIT
/*
 * Sums in all 32 vector registers at the same time, two doubles in each, of integers
 * that a double represents exactly. A result other than n(n+1)/2 means that the
 * registers were not preserved.
 */
#include "guest.h"
#include "sysreg.h"

#define COUNT	40000

/* Add 1..count in every lane, then store the bits of the 64 lanes. sums.S */
void sums(uint64_t count, uint64_t lanes[64]);
/* An integer as the bits of a double. */
uint64_t double_bits(uint64_t n);

void main(void)
{
	static uint64_t lanes[64] __attribute__((aligned(16)));
	uint64_t wanted, wrong = 0;

	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	__asm__ volatile("isb");
	sums(COUNT, lanes);
	wanted = double_bits((uint64_t)COUNT * (COUNT + 1) / 2);
	for (int i = 0; i < 64; i++)
		wrong += lanes[i] != wanted;
	printf("sums: 64 sums of 1 to %d, %lu wrong\n", COUNT, wrong);
}
