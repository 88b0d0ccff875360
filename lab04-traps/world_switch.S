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

	/* TODO(lab04.1): An exit: save x0 to x30, then return from guest_enter(). */
	.section .text.guest_vectors, "ax"
	.balign	0x800
	.globl	guest_vectors
guest_vectors:
	.skip	0x400
	todo	"lab04.1", "lab04-traps/world_switch.S, read lab04-traps/README.md#task-1"

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
