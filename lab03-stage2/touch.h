/* SPDX-License-Identifier: MIT */
/*
 * The shortest guest there is: one load or store at EL1, behind the active
 * stage 2, and back. A foretaste of lab 4, for the self-tests of this one.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stddef.h>
#include <stdint.h>

struct touch {
	uint64_t esr;	/* why EL2 is back: HVC64 if the access went through */
	uint64_t hpfar;	/* HPFAR_EL2, of a stage-2 fault */
};

_Static_assert(offsetof(struct touch, hpfar) == 8 && sizeof(struct touch) == 16,
	       "touch.S returns it in x0 and x1");

/* One byte at `ipa`. `code` is an IPA where touch_code has been copied to. */
struct touch touch_read(uint64_t ipa, uint64_t code);
struct touch touch_write(uint64_t ipa, uint64_t code);

/* The guest's instructions, position-independent. */
extern const char touch_code[], touch_code_end[];

#endif
