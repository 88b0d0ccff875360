/* SPDX-License-Identifier: MIT */
/* Fill all general registers with a pattern, and compare them after a hypercall. */
#include "asm.h"
#include "hypercall.h"

#define PATTERN(n)	(0x5a5a0000 + (n) * 0x0107)

	.macro fill n
	ldr	x\n, =PATTERN(\n)
	.endm

	/* x0 counts the differences; x1 is saved on the stack. */
	.macro compare n
	ldr	x1, =PATTERN(\n)
	cmp	x\n, x1
	cinc	x0, x0, ne
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
	for_x2_to_x30 compare		/* x0 = 0 from the hypercall, or more */
	ldp	x2, x3, [sp]
	ldr	x1, =PATTERN(1)
	cmp	x3, x1
	cinc	x0, x0, ne
	mov	x3, sp
	cmp	x2, x3
	cinc	x0, x0, ne
	add	sp, sp, #16
	pop_callee_saved
	ret
endfunction registers_check
