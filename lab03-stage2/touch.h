/* SPDX-License-Identifier: MIT */
/*
 * A minimal guest for this lab's self-tests: one load or store at EL1, through the
 * active stage 2, and back. Lab 4 does this properly.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stddef.h>
#include <stdint.h>

struct touch {
	uint64_t esr;	/* why EL1 returned: HVC64 if the access succeeded */
	uint64_t hpfar;	/* HPFAR_EL2, of a stage-2 fault */
};

_Static_assert(offsetof(struct touch, hpfar) == 8 && sizeof(struct touch) == 16,
	       "touch.S returns it in x0 and x1");

/* Access one byte at `ipa`. touch_code must have been copied to the IPA `code`. */
struct touch touch_read(uint64_t ipa, uint64_t code);
struct touch touch_write(uint64_t ipa, uint64_t code);

/* The guest's instructions, position-independent. */
extern const char touch_code[], touch_code_end[];

#endif
