/* SPDX-License-Identifier: MIT */
/* Check the machine state that EL2 relies on before it runs C. */
#ifndef BOOT_CHECK_H
#define BOOT_CHECK_H

#include <stdint.h>

/*
 * Check EL2's control registers and the stack pointer `sp`, with the stack still
 * empty, against task 2. If one is wrong, print one line and power off.
 */
void boot_check(uint64_t sp);

/* The same, called on a stack that works. */
void boot_check_state(uint64_t sp);

#endif
