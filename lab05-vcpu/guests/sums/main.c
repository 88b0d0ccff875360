// SPDX-License-Identifier: MIT
/*
 * Sums in all 32 vector registers at once, two doubles in each, of whole numbers
 * that a double holds exactly: each result is n(n+1)/2 or a bit has leaked.
 */
#include "guest.h"
#include "sysreg.h"

#define COUNT	40000

/* Adds 1..count into every lane; stores the 64 lanes' bits. sums.S */
void sums(uint64_t count, uint64_t lanes[64]);
/* A whole number as the bits of a double. */
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
