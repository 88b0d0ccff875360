/* SPDX-License-Identifier: MIT */
/* What EL2 relies on before its first line of C: asked of the machine, not assumed. */
#ifndef BOOT_CHECK_H
#define BOOT_CHECK_H

#include <stdint.h>

/*
 * Refuse to go on, in one line, unless EL2's control registers and its stack,
 * which is still empty at `sp`, are as task 2 says.
 */
void boot_check(uint64_t sp);

/* The same, once there is a stack for the asking. */
void boot_check_state(uint64_t sp);

#endif
