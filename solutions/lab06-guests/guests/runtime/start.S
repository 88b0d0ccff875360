/* SPDX-License-Identifier: MIT */
/*
 * Where a guest begins: at EL1, the MMU off, x0 to x30 zero, nothing else
 * promised. guest.ld puts this at the start of the slot. .bss is zero: EL2
 * hands over a slot that is zero behind the image.
 */
#include "asm.h"
#include "os.h"

	.section .text.guest_start, "ax"
	.globl	guest_start
	.type	guest_start, %function
guest_start:
	/* HOLE(lab06.1): A stack, the vector table, console and program; off at the end. */
	adrp	x0, guest_stack_top
	add	x0, x0, :lo12:guest_stack_top
	mov	sp, x0
	adrp	x0, os_vectors
	add	x0, x0, :lo12:os_vectors
	msr	vbar_el1, x0
	isb				/* before anything can fault */
	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	bl	console_init
	bl	os_main
	b	os_off
	/* END(lab06.1) */
	.size	guest_start, . - guest_start

	/* HOLE(lab06.1): 16 slots and the path they share, as in lab 1, for EL1. */
	/* STARTER: 	.section .text.os_vectors, "ax" */
	/* STARTER: 	.balign	0x800 */
	/* STARTER: 	.globl	os_vectors */
	/* STARTER: os_vectors: */
	/* STARTER: 	.rept	16 */
	/* STARTER: 	.balign	0x80 */
	/* STARTER: 	@CALL@ */
	/* STARTER: 	.endr */
	.macro slot number
	.balign	0x80
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #FRAME_X(0)]
	mov	x0, #\number
	b	exception_entry
	.endm

	.section .text.os_vectors, "ax"
	.balign	0x800
	.globl	os_vectors
os_vectors:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	slot	\number
	.endr

	/* In: SP at the frame, x0 and x1 saved, x0 = slot. */
function exception_entry
	stp	x2, x3, [sp, #FRAME_X(2)]
	stp	x4, x5, [sp, #FRAME_X(4)]
	stp	x6, x7, [sp, #FRAME_X(6)]
	stp	x8, x9, [sp, #FRAME_X(8)]
	stp	x10, x11, [sp, #FRAME_X(10)]
	stp	x12, x13, [sp, #FRAME_X(12)]
	stp	x14, x15, [sp, #FRAME_X(14)]
	stp	x16, x17, [sp, #FRAME_X(16)]
	stp	x18, x19, [sp, #FRAME_X(18)]
	stp	x20, x21, [sp, #FRAME_X(20)]
	stp	x22, x23, [sp, #FRAME_X(22)]
	stp	x24, x25, [sp, #FRAME_X(24)]
	stp	x26, x27, [sp, #FRAME_X(26)]
	stp	x28, x29, [sp, #FRAME_X(28)]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x30, x1, [sp, #FRAME_X(30)]
	stp	x2, x0, [sp, #FRAME_SPSR]

	mov	x0, sp
	bl	os_exception

	ldp	x30, x1, [sp, #FRAME_X(30)]
	ldr	x2, [sp, #FRAME_SPSR]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x28, x29, [sp, #FRAME_X(28)]
	ldp	x26, x27, [sp, #FRAME_X(26)]
	ldp	x24, x25, [sp, #FRAME_X(24)]
	ldp	x22, x23, [sp, #FRAME_X(22)]
	ldp	x20, x21, [sp, #FRAME_X(20)]
	ldp	x18, x19, [sp, #FRAME_X(18)]
	ldp	x16, x17, [sp, #FRAME_X(16)]
	ldp	x14, x15, [sp, #FRAME_X(14)]
	ldp	x12, x13, [sp, #FRAME_X(12)]
	ldp	x10, x11, [sp, #FRAME_X(10)]
	ldp	x8, x9, [sp, #FRAME_X(8)]
	ldp	x6, x7, [sp, #FRAME_X(6)]
	ldp	x4, x5, [sp, #FRAME_X(4)]
	ldp	x2, x3, [sp, #FRAME_X(2)]
	ldp	x0, x1, [sp, #FRAME_X(0)]
	add	sp, sp, #FRAME_SIZE
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb
endfunction exception_entry
	/* END(lab06.1) */
