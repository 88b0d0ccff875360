/* SPDX-License-Identifier: MIT */
/*
 * The shortest guest there is: one load or store at EL1, behind the active
 * stage 2, and back. A foretaste of lab 4, for the self-tests of this one.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdint.h>

struct touch {
	uint64_t esr;	/* why EL2 is back: HVC64 if the access went through */
	uint64_t hpfar;	/* HPFAR_EL2, of a stage-2 fault */
};

/* One byte at `ipa`. `code` is an IPA where touch_code has been copied to. */
struct touch touch_read(uint64_t ipa, uint64_t code);
struct touch touch_write(uint64_t ipa, uint64_t code);

/* The guest's instructions, position-independent. */
extern const char touch_code[], touch_code_end[];

#endif
