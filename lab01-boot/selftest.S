/* SPDX-License-Identifier: MIT */
/*
 * selftest_brk_registers(): fill x0 to x30 with a pattern, execute a BRK, and
 * answer how many of them came back changed (0: none). SP counts too.
 */
#include "asm.h"

#define PATTERN(n)	(0xa5a50000 + (n) * 0x101)

	.macro fill n
	ldr	x\n, =PATTERN(\n)
	.endm

	/* x0 counts. It is compared last, from its copy on the stack. */
	.macro compare n
	ldr	x1, =PATTERN(\n)
	cmp	x\n, x1
	cinc	x0, x0, ne
	.endm

function selftest_brk_registers
	push_callee_saved
	mov	x0, sp
	stp	x0, xzr, [sp, #-32]!

	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	fill	\n
	.endr
	brk	#0x10
	stp	x0, x1, [sp, #16]
	mov	x0, #0
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	compare	\n
	.endr
	ldp	x2, x3, [sp, #16]
	ldr	x1, =PATTERN(0)
	cmp	x2, x1
	cinc	x0, x0, ne
	ldr	x1, =PATTERN(1)
	cmp	x3, x1
	cinc	x0, x0, ne

	ldp	x1, x2, [sp], #32
	mov	x2, sp
	cmp	x1, x2
	cinc	x0, x0, ne
	pop_callee_saved
	ret
endfunction selftest_brk_registers
