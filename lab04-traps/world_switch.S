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

	/* TODO(lab04.1): A slot: save x0 to x30, then return from guest_enter(). */
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
	/* TODO(lab04.1): An exit each: synchronous, IRQ, FIQ, SError. */
	todo	"lab04.1", "guest_vectors in lab04-traps/world_switch.S, read lab04-traps/README.md#task-1"
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
	/* TODO(lab04.2): Save EL2's callee-saved registers and SP, load the guest's, ERET. */
	todo	"lab04.2", "guest_enter in lab04-traps/world_switch.S, read lab04-traps/README.md#task-2"
	/* END(lab04.2) */
endfunction guest_enter
