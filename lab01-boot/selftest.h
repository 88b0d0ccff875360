/* SPDX-License-Identifier: MIT */
#ifndef LAB01_SELFTEST_H
#define LAB01_SELFTEST_H

#include <stdint.h>

/* How many of x0..x30 and SP a BRK changed. */
uint64_t selftest_brk_registers(void);

/* How many bytes of .bss are not zero. Call it before anything else. */
uint64_t selftest_bss(void);

#endif
