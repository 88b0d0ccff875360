/* SPDX-License-Identifier: MIT */
/*
 * Is SP still inside EL2's stack? An exception on a stack that has run into its
 * guard page would fault again on the first store, for ever. hyp.ld aligns the
 * stack to twice its size, so bit STACK_SHIFT of an SP inside it is 0, and of
 * one just below it 1. No register is free yet: SP and x0 are combined so that
 * each can be recovered: (SP + x0) - SP = x0.
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
	/* The machine is about to stop: a guest's register may hold x0. */
	sub	x0, sp, x0
	msr	tpidrro_el0, x0
	adrp	x0, emergency_stack_top
	add	x0, x0, :lo12:emergency_stack_top
	sub	sp, x0, #FRAME_SIZE
	mrs	x0, tpidrro_el0
.Lok\@:
	.endm

#endif
