// SPDX-License-Identifier: MIT
/* The width of this core's physical addresses: ID_AA64MMFR0_EL1.PARange. */
#include "el2_mmu.h"
#include "sysreg.h"

#define PARANGE_48_BITS	5

unsigned int cpu_pa_range(void)
{
	uint64_t range = FIELD_GET(ID_AA64MMFR0_PARANGE,
				   read_sysreg(id_aa64mmfr0_el1));

	return MIN(range, PARANGE_48_BITS);
}

unsigned int cpu_pa_bits(void)
{
	static const unsigned char bits[] = { 32, 36, 40, 42, 44, 48 };

	return bits[cpu_pa_range()];
}
