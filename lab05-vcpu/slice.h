/* SPDX-License-Identifier: MIT */
/*
 * EL2's own timer, CNTHP (PPI 26), which ends time slices and wakes EL2 when every
 * vCPU sleeps. Arm ARM, "The Generic Timer in AArch64 state".
 */
#ifndef SLICE_H
#define SLICE_H

#include <stdint.h>

/* Interrupt this core when the counter reaches `deadline`. */
void slice_at(uint64_t deadline);

/* Stop the timer. No interrupt of it is pending on return. */
void slice_stop(void);

#endif
