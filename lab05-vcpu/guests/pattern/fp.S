/* SPDX-License-Identifier: MIT */
/* Fill Q0 to Q31 with a pattern, and compare them with it. */
#include "asm.h"

	.arch_extension fp
	.arch_extension simd

	.macro for_each_q what
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\what	\n
	.endr
	.endm

	.macro fill n
	ldr	q\n, [x0, #(16 * \n)]
	.endm

function fp_fill
	for_each_q fill
	add	x0, x0, #512
	ldp	x1, x2, [x0]
	msr	fpcr, x1
	msr	fpsr, x2
	ret
endfunction fp_fill

	/* Compare in general registers, so that no FP register changes. */
	.macro compare n
	ldp	x2, x3, [x1], #16
	fmov	x4, d\n
	fmov	x5, v\n\().d[1]
	cmp	x2, x4
	cinc	x0, x0, ne
	cmp	x3, x5
	cinc	x0, x0, ne
	.endm

function fp_differences
	mov	x1, x0
	mov	x0, #0
	for_each_q compare
	ldp	x2, x3, [x1]
	mrs	x4, fpcr
	mrs	x5, fpsr
	cmp	x2, x4
	cinc	x0, x0, ne
	cmp	x3, x5
	cinc	x0, x0, ne
	ret
endfunction fp_differences
