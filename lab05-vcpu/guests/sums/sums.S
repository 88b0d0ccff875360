/* SPDX-License-Identifier: MIT */
/* Sums in all 32 vector registers, in assembly: a compiler would not keep them there. */
#include "asm.h"

	.arch_extension fp
	.arch_extension simd

	/*
	 * Sums in the lanes of v0 to v31. The number to add needs a register too,
	 * so v0 to v29 add v31 = (n, n), then v30 and v31 add v0.
	 */
	.macro for_v0_to_v29 what:vararg
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	\what	\n
	.endr
	.endm

	.macro zero n
	movi	v\n\().2d, #0
	.endm

	.macro add_v31 n
	fadd	v\n\().2d, v\n\().2d, v31.2d
	.endm

	.macro store n
	str	q\n, [x1, #(16 * \n)]
	.endm

function sums
	for_v0_to_v29 zero
	mov	x2, #0
0:	add	x2, x2, #1
	dup	v31.2d, x2
	ucvtf	v31.2d, v31.2d
	for_v0_to_v29 add_v31
	cmp	x2, x0
	b.ne	0b
	for_v0_to_v29 store

	movi	v30.2d, #0
	movi	v31.2d, #0
	mov	x2, #0
0:	add	x2, x2, #1
	dup	v0.2d, x2
	ucvtf	v0.2d, v0.2d
	fadd	v30.2d, v30.2d, v0.2d
	fadd	v31.2d, v31.2d, v0.2d
	cmp	x2, x0
	b.ne	0b
	store	30
	store	31
	ret
endfunction sums

function double_bits
	ucvtf	d0, x0
	fmov	x0, d0
	ret
endfunction double_bits
