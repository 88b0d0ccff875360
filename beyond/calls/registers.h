/* SPDX-License-Identifier: MIT */
/*
 * System registers that trap and that a real operating system uses: those of the debug
 * architecture. Arm ARM, MDCR_EL2.TDA and TDOSA, "Debug registers".
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

/* Install the handler of trapped system registers. Once. */
void registers_init(void);

/* On each core, once: what the guests' debug registers rely on (OS Lock). */
void registers_init_core(void);

#endif
