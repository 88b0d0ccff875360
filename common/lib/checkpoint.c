// SPDX-License-Identifier: MIT
#include "panic.h"

/* noinline gives debuggers one address to stop at. */
__attribute__((noinline)) void checkpoint(const char *name)
{
	__asm__ volatile("" :: "r"(name));
}
