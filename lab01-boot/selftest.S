/* SPDX-License-Identifier: MIT */
/*
 * selftest_brk_trip(): fill x0 to x30 and the flags with a pattern, execute a BRK,
 * and record which registers changed, SP included.
 */
#include "asm.h"

#define PATTERN(n)	(0xa5a50000 + (n) * 0x101)

	.macro fill n
	ldr	x\n, =PATTERN(\n)
	.endm

	/* Set bit n of x0 if the register that held the pattern of xn is different now. */
	.macro compare n, register
	ldr	x1, =PATTERN(\n)
	cmp	\register, x1
	cset	x1, ne
	orr	x0, x0, x1, lsl #\n
	.endm

	.macro compare_in_place n
	compare	\n, x\n
	.endm

	.macro x2_to_x30 action
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\action	\n
	.endr
	.endm

function selftest_brk_trip
	push_callee_saved
	/* SP, trip, PSTATE before, whether an instruction was skipped; x0 and x1. */
	mov	x1, sp
	stp	x1, x0, [sp, #-48]!
	mov	x0, #(0xa << 28)	/* N and C */
	msr	nzcv, x0
	mrs	x1, daif
	orr	x0, x0, x1
	stp	x0, xzr, [sp, #16]

	fill	0
	fill	1
	x2_to_x30 fill
	brk	#0x10
	b	0f
	str	x30, [sp, #24]		/* only an ELR + 8 gets here */
0:	stp	x0, x1, [sp, #32]
	mrs	x0, nzcv
	mrs	x1, daif
	orr	x0, x0, x1
	ldr	x1, [sp, #16]
	eor	x0, x0, x1
	str	x0, [sp, #16]		/* bits of PSTATE that changed */

	mov	x0, #0
	x2_to_x30 compare_in_place
	ldp	x2, x3, [sp, #32]	/* x0 and x1 after the BRK */
	compare	0, x2
	compare	1, x3

	ldp	x4, x5, [sp, #16]	/* PSTATE, skipped */
	ldp	x1, x3, [sp], #48	/* SP, trip */
	mov	x2, sp
	cmp	x1, x2
	cset	x1, ne
	orr	x0, x0, x1, lsl #31	/* SP */
	stp	x0, x4, [x3]
	str	x5, [x3, #16]
	pop_callee_saved
	ret
endfunction selftest_brk_trip
