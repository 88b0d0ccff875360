/* SPDX-License-Identifier: MIT */
/*
 * uart_each_register(cr): write UARTCR from each of x1 to x30 and read it back into
 * the same register. Return how many values differ.
 */
#include "asm.h"

	.macro one n
	mov	w\n, #(0x1000 + \n)
	str	w\n, [x0]
	mov	x\n, #-1
	ldr	w\n, [x0]
	str	x\n, [sp]
	mov	w\n, #0
	ldr	x2, [sp]
	mov	x3, #(0x1000 + \n)
	ldr	x4, [sp, #8]
	cmp	x2, x3
	cinc	x4, x4, ne
	str	x4, [sp, #8]
	.endm

function uart_each_register
	push_callee_saved
	sub	sp, sp, #16
	str	xzr, [sp, #8]
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		   18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	one	\n
	.endr
	/* And x0, which holds the address in the code above. */
	mov	x1, x0
	mov	w0, #0x1000
	str	w0, [x1]
	mov	x0, #-1
	ldr	w0, [x1]
	ldr	x4, [sp, #8]
	cmp	x0, #0x1000
	cinc	x0, x4, ne
	add	sp, sp, #16
	pop_callee_saved
	ret
endfunction uart_each_register
