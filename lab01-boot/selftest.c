// SPDX-License-Identifier: MIT
#include "selftest.h"

uint64_t selftest_bss(void)
{
	extern const volatile char bss_start[], bss_end[];
	uint64_t dirty = 0;

	for (const volatile char *p = bss_start; p < bss_end; p++)
		dirty += *p != 0;
	return dirty;
}
