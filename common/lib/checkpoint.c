// SPDX-License-Identifier: MIT
#include "panic.h"

/* Out of line, so that there is one address to stop at. */
__attribute__((noinline)) void checkpoint(const char *name)
{
	__asm__ volatile("" :: "r"(name));
}
