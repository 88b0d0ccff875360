/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 1: .data and .bss, a BRK and the way back, the UART. */
#ifndef LAB01_SELFTEST_H
#define LAB01_SELFTEST_H

#include <stddef.h>
#include <stdint.h>

/* A variable of .data still has the value that it was linked with. */
int selftest_data(void);

/* What a BRK did that it must not do. */
struct brk_trip {
	uint64_t changed;	/* of x0..x30 and SP, how many */
	uint64_t pstate;	/* bits of NZCV and DAIF that changed */
	uint64_t skipped;	/* not gone on at the next instruction */
};
_Static_assert(offsetof(struct brk_trip, changed) == 0 &&
	       offsetof(struct brk_trip, pstate) == 8 &&
	       offsetof(struct brk_trip, skipped) == 16,
	       "selftest.S writes this layout");
void selftest_brk_trip(struct brk_trip *trip);

/* Execute a BRK, and print what became of it. */
void selftest_brk(void);

/* Print how the PL011 is set up. */
void selftest_uart(void);

/* How many bytes of .bss are not zero. Call it before anything else. */
uint64_t selftest_bss(void);

#endif
