/* SPDX-License-Identifier: MIT */
/* One access at EL1: see touch.h. x0 is the IPA to access, x1 that of touch_code. */
#include "asm.h"
#include "sysreg.h"

	.section .rodata.touch, "a"
	.balign	4
	.globl	touch_code, touch_code_end
touch_code:
	ldrb	w2, [x0]
	hvc	#0
touch_code_write:
	strb	wzr, [x0]
	hvc	#0
touch_code_end:

function touch_write
	add	x1, x1, #(touch_code_write - touch_code)
	b	touch_read
endfunction touch_write

function touch_read
	push_callee_saved
	mrs	x2, vbar_el2
	str	x2, [sp, #-16]!

	adrp	x2, touch_vectors
	add	x2, x2, :lo12:touch_vectors
	msr	vbar_el2, x2
	msr	elr_el2, x1
	ldr	x2, =(PSTATE_DAIF | SPSR_M_EL1H)
	msr	spsr_el2, x2
	isb
	eret
	dsb	nsh
	isb
endfunction touch_read

	.section .text.touch_vectors, "ax"
	.balign	0x800
touch_vectors:
	/* From EL2 itself: use the vectors of lab 1. */
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7
	.balign	0x80
	b	hyp_vectors + \number * 0x80
	.endr
	.balign	0x80
	/* Lower EL, AArch64, synchronous: SP_EL2 is as touch_read left it. */
	mrs	x0, esr_el2
	mrs	x1, hpfar_el2
	ldr	x2, [sp], #16
	msr	vbar_el2, x2
	isb
	pop_callee_saved
	ret
	.balign	0x800
