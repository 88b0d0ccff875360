/* SPDX-License-Identifier: MIT */
/* Fill all general registers with a pattern, and compare them after a hypercall. */
#include "asm.h"
#include "hypercall.h"

#define PATTERN(n)	(0x5a5a0000 + (n) * 0x0107)

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

	.macro for_x2_to_x30 what
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		   18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\what	\n
	.endr
	.endm

function registers_check
	push_callee_saved
	sub	sp, sp, #16
	mov	x0, sp
	str	x0, [sp]
	mov	x0, #0xbad
	fill	1
	for_x2_to_x30 fill

	hvc	#HVC_YIELD

	str	x1, [sp, #8]
	cmp	x0, #0			/* the hypercall's result */
	cset	x0, ne
	for_x2_to_x30 compare_in_place
	ldp	x2, x3, [sp]		/* SP before, x1 after the hypercall */
	compare	1, x3
	mov	x3, sp
	cmp	x2, x3
	cset	x1, ne
	orr	x0, x0, x1, lsl #31	/* SP */
	add	sp, sp, #16
	pop_callee_saved
	ret
endfunction registers_check
