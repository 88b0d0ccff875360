/* SPDX-License-Identifier: MIT */
/* The vector table, and attempt() with its way out. */
#include "asm.h"
#include "core.h"

#define FRAME	208	/* bytes: x0 to x18, x30, ELR, SPSR, and padding */

	/* All slots are alike: exception_handle() is called with the slot's number. */
	.macro slot number
	.balign	0x80
	sub	sp, sp, #FRAME
	stp	x0, x1, [sp]
	mov	x0, #\number
	b	exception_enter
	.endm

	.section .text.guest_vectors, "ax"
	.balign	2048
	.globl	guest_vectors
guest_vectors:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	slot	\number
	.endr

	/*
	 * x0: the slot. A C handler preserves x19 to x29; the rest is saved here. SP_EL0's
	 * code has its own stack pointer, so SP_EL1 is where this core last used it.
	 */
	.balign	0x80
exception_enter:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #160]
	bl	exception_handle
	ldp	x1, x2, [sp, #160]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x18, x30, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME
	eret
	dsb	nsh
	isb

/*
 * The frame at `recovery`: the recovery of the attempt() around this one, DAIF, the address of
 * the caller's struct taken; then x19 to x30.
 */
function attempt
	push_callee_saved
	mrs	x3, tpidr_el1
	ldr	x4, [x3, #CORE_RECOVERY]
	mrs	x5, daif
	stp	x4, x5, [sp, #-32]!
	str	x2, [sp, #16]
	mov	x4, sp
	str	x4, [x3, #CORE_RECOVERY]
	mov	x4, x0
	mov	x0, x1
	blr	x4
	mov	x1, #0				/* ATTEMPT_RETURNED */
	mov	x0, sp
	b	attempt_leave
endfunction attempt

/* x0: the frame; x1: what attempt() returns. */
function attempt_leave
	msr	spsel, #1
	mov	sp, x0
	mov	x0, x1
	mrs	x3, tpidr_el1
	ldp	x4, x5, [sp], #32
	str	x4, [x3, #CORE_RECOVERY]
	msr	daif, x5
	isb
	pop_callee_saved
	ret
endfunction attempt_leave
