/* SPDX-License-Identifier: MIT */
/*
 * The world switch: guest_enter() goes into the guest and comes back as a
 * function returns. While the guest runs, SP_EL2 points at its struct vcpu, so
 * an exit finds where to save the guest's registers without a free register
 * and without a global pointer.
 *
 * Instructions: 26 in, 26 out; the bare minimum for 31 registers, a stack and
 * an HVC is 49. An exit fits into its slot of 32.
 */
#include "asm.h"
#include "vcpu.h"

	/* TODO(lab04.1): A slot: save x0 to x30, then return from guest_enter(). */

	.section .text.guest_vectors, "ax"
	.balign	0x800			/* VBAR_EL2 bits 10 to 0 are RES0 */
	.globl	guest_vectors
guest_vectors:
	/* From EL2 itself: lab 1 knows what to do. */
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7
	.balign	0x80
	b	hyp_vectors + \number * 0x80
	.endr
	/* From EL1, and from EL0 below it: the four live slots. */
	/* TODO(lab04.1): Synchronous, IRQ, FIQ, SError: an exit each. */
	todo	"lab04.1", "guest_vectors in lab04-traps/world_switch.S, read lab04-traps/README.md#task-1"
	/* "Lower EL" is EL1, which is not AArch32 while HCR_EL2.RW is 1. */
	.org	guest_vectors + 0x600	/* fails if a slot was too long */
	.irp	number, 12, 13, 14, 15
	.balign	0x80
	b	hyp_vectors + \number * 0x80
	.endr

	/*
	 * unsigned int guest_enter(struct vcpu *vcpu)
	 *
	 * Saves what a C caller expects back (AAPCS64: x19 to x30, SP), loads
	 * the guest's x0 to x30, and goes to ELR_EL2 in state SPSR_EL2.
	 */
function guest_enter
	/* TODO(lab04.2): Save EL2's callee-saved registers and SP, load the guest's, ERET. */
	todo	"lab04.2", "guest_enter in lab04-traps/world_switch.S, read lab04-traps/README.md#task-2"
endfunction guest_enter
