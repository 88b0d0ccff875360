/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "sysreg.h"

	.arch_extension fp
	.arch_extension simd
	.arch_extension pauth

	.macro for_each_q what
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\what	\n
	.endr
	.endm

	/* Q<n> = seed + n in the low half, its complement in the high half. */
	.macro fill n
	add	x1, x0, #\n
	mvn	x2, x1
	fmov	d\n, x1
	fmov	v\n\().d[1], x2
	.endm

function fp_fill
	for_each_q fill
	ret
endfunction fp_fill

	.macro compare n
	add	x1, x3, #\n
	mvn	x2, x1
	fmov	x4, d\n
	cmp	x4, x1
	fmov	x4, v\n\().d[1]
	ccmp	x4, x2, #0, eq
	cinc	x0, x0, ne
	.endm

function fp_differences
	mov	x3, x0
	mov	x0, #0
	for_each_q compare
	ret
endfunction fp_differences

function keys_fill
	.irp	key, APIAKEYLO_EL1, APIAKEYHI_EL1, APIBKEYLO_EL1, APIBKEYHI_EL1, \
		     APDAKEYLO_EL1, APDAKEYHI_EL1, APDBKEYLO_EL1, APDBKEYHI_EL1, \
		     APGAKEYLO_EL1, APGAKEYHI_EL1
	eor	x0, x0, x0, lsl #13
	msr	\key, x0
	.endr
	mrs	x1, sctlr_el1
	ldr	x2, =(SCTLR_EL1_EnIA | SCTLR_EL1_EnIB | SCTLR_EL1_EnDA | \
		      SCTLR_EL1_EnDB)
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	ret
endfunction keys_fill

function keys_code
	ldr	x1, =0x0000000040404040
	mov	x2, #0x1234
	mov	x0, x1
	pacia	x0, x2
	mov	x3, x1
	pacib	x3, x2
	eor	x0, x0, x3, ror #1
	mov	x3, x1
	pacda	x3, x2
	eor	x0, x0, x3, ror #2
	mov	x3, x1
	pacdb	x3, x2
	eor	x0, x0, x3, ror #3
	pacga	x3, x1, x2
	eor	x0, x0, x3, ror #4
	ret
endfunction keys_code
