/* SPDX-License-Identifier: MIT */
/*
 * The world switch: guest_enter() enters the guest and returns, like any function,
 * when the guest exits. While the guest runs, SP_EL2 points to its struct vcpu, so an
 * exit can save the guest's registers without a free register or a global pointer.
 *
 * Instructions: 26 to enter, 26 to exit; the bare minimum for 31 registers, a stack
 * and an HVC is 49. An exit fits into its slot of 32.
 */
#include "asm.h"
#include "vcpu.h"

	/* HOLE(lab04.1): A slot: save x0 to x30, then return from guest_enter(). */
	/* STARTER: */
	.macro guest_exit reason
	.balign	0x80
	stp	x0, x1, [sp, #VCPU_X(0)]
	stp	x2, x3, [sp, #VCPU_X(2)]
	stp	x4, x5, [sp, #VCPU_X(4)]
	stp	x6, x7, [sp, #VCPU_X(6)]
	stp	x8, x9, [sp, #VCPU_X(8)]
	stp	x10, x11, [sp, #VCPU_X(10)]
	stp	x12, x13, [sp, #VCPU_X(12)]
	stp	x14, x15, [sp, #VCPU_X(14)]
	stp	x16, x17, [sp, #VCPU_X(16)]
	stp	x18, x19, [sp, #VCPU_X(18)]
	stp	x20, x21, [sp, #VCPU_X(20)]
	stp	x22, x23, [sp, #VCPU_X(22)]
	stp	x24, x25, [sp, #VCPU_X(24)]
	stp	x26, x27, [sp, #VCPU_X(26)]
	stp	x28, x29, [sp, #VCPU_X(28)]
	str	x30, [sp, #VCPU_X(30)]

	/* Switch to EL2's stack and restore what guest_enter() saved there. */
	ldr	x1, [sp, #VCPU_HYP_SP]
	mov	sp, x1
	mov	w0, #\reason
	pop_callee_saved
	ret
	.endm
	/* END(lab04.1) */

	.section .text.guest_vectors, "ax"
	.balign	0x800			/* VBAR_EL2 bits 10 to 0 are RES0 */
	.globl	guest_vectors
guest_vectors:
	/* From EL2 itself: use the vectors of lab 1. */
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7
	.balign	0x80
	b	hyp_vectors + \number * 0x80
	.endr
	/* From EL1, and from EL0 below it: the four live slots. */
	/* HOLE(lab04.1): An exit each: synchronous, IRQ, FIQ, SError. */
	guest_exit EXIT_SYNC
	guest_exit EXIT_IRQ
	guest_exit EXIT_FIQ
	guest_exit EXIT_SERROR
	/* END(lab04.1) */
	/* Lower EL in AArch32: never used, because HCR_EL2.RW is 1. */
	.org	guest_vectors + 0x600	/* fails if a slot was too long */
	.irp	number, 12, 13, 14, 15
	.balign	0x80
	b	hyp_vectors + \number * 0x80
	.endr

	/*
	 * unsigned int guest_enter(struct vcpu *vcpu)
	 *
	 * Save the registers that C callers expect to be preserved (AAPCS64: x19
	 * to x30, SP), load the guest's x0 to x30, and ERET.
	 */
function guest_enter
	/* HOLE(lab04.2): Save EL2's callee-saved registers and SP, load the guest's, ERET. */
	push_callee_saved
	mov	x1, sp
	str	x1, [x0, #VCPU_HYP_SP]

	mov	sp, x0			/* the next exit saves here */
	ldp	x2, x3, [sp, #VCPU_X(2)]
	ldp	x4, x5, [sp, #VCPU_X(4)]
	ldp	x6, x7, [sp, #VCPU_X(6)]
	ldp	x8, x9, [sp, #VCPU_X(8)]
	ldp	x10, x11, [sp, #VCPU_X(10)]
	ldp	x12, x13, [sp, #VCPU_X(12)]
	ldp	x14, x15, [sp, #VCPU_X(14)]
	ldp	x16, x17, [sp, #VCPU_X(16)]
	ldp	x18, x19, [sp, #VCPU_X(18)]
	ldp	x20, x21, [sp, #VCPU_X(20)]
	ldp	x22, x23, [sp, #VCPU_X(22)]
	ldp	x24, x25, [sp, #VCPU_X(24)]
	ldp	x26, x27, [sp, #VCPU_X(26)]
	ldp	x28, x29, [sp, #VCPU_X(28)]
	ldr	x30, [sp, #VCPU_X(30)]
	ldp	x0, x1, [sp, #VCPU_X(0)]
	eret
	dsb	nsh			/* no speculation past the ERET */
	isb				/* with the guest's registers */
	/* END(lab04.2) */
endfunction guest_enter
