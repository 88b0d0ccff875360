/* SPDX-License-Identifier: MIT */
/*
 * Check that SP is still inside EL2's stack. If the stack has run into its guard
 * page, the first store of the exception path faults again, in an endless loop.
 * hyp.ld aligns the stack to twice its size, so bit STACK_SHIFT is 0 in an SP inside
 * it and 1 in an SP just below it. No register is free yet, so SP and x0 are added
 * and each is recovered from the sum: (SP + x0) - SP = x0.
 */
#ifndef STACK_CHECK_H
#define STACK_CHECK_H

#include "exception.h"

	/* After SP has been lowered for the frame. Clobbers nothing. */
	.macro stack_check
	add	sp, sp, x0		/* sp = SP + x0 */
	sub	x0, sp, x0		/* x0 = SP */
	tbnz	x0, #STACK_SHIFT, .Loverflow\@
	sub	x0, sp, x0		/* x0 as it was */
	sub	sp, sp, x0		/* SP as it was */
	b	.Lok\@
.Loverflow\@:
	/* The machine is about to stop, so a guest's register can hold x0. */
	sub	x0, sp, x0
	msr	tpidrro_el0, x0
	adrp	x0, emergency_stack_top
	add	x0, x0, :lo12:emergency_stack_top
	sub	sp, x0, #FRAME_SIZE
	mrs	x0, tpidrro_el0
.Lok\@:
	.endm

#endif
