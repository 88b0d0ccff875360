/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 1: .data and .bss, a BRK and the way back, the UART. */
#ifndef LAB01_SELFTEST_H
#define LAB01_SELFTEST_H

#include <stddef.h>
#include <stdint.h>

/* True if a variable of .data still has its initial value. */
int selftest_data(void);

/* Side effects of a BRK; all must be 0. */
struct brk_trip {
	uint64_t changed;	/* bit n: xn changed; bit 31: SP */
	uint64_t pstate;	/* bits of NZCV and DAIF that changed */
	uint64_t skipped;	/* not resumed at the next instruction */
};
_Static_assert(offsetof(struct brk_trip, changed) == 0 &&
	       offsetof(struct brk_trip, pstate) == 8 &&
	       offsetof(struct brk_trip, skipped) == 16,
	       "selftest.S writes this layout");
void selftest_brk_trip(struct brk_trip *trip);

/* Execute a BRK and print its side effects. */
void selftest_brk(void);

/* Print the set-up of the PL011. */
void selftest_uart(void);

/* Return how many bytes of .bss are not zero. Call this first. */
uint64_t selftest_bss(void);

#endif
