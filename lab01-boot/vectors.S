/* SPDX-License-Identifier: MIT */
/*
 * EL2's own vector table: Arm ARM, "Exception vectors". 16 slots of 0x80 bytes
 * (32 instructions), in four groups of synchronous, IRQ, FIQ, SError:
 *
 *	0x000  current EL with SP_EL0	0x400  lower EL, AArch64
 *	0x200  current EL with SP_ELx	0x600  lower EL, AArch32
 *
 * EL2 runs with SP_EL2 and all exceptions masked, so only slot 4 should ever be
 * used, and only by a BRK or a bug. All 16 slots are filled in and record their
 * number, so that an exception in an unexpected slot is reported.
 */
#include "asm.h"
#include "exception.h"
#include "stack_check.h"

	/* TODO(lab01.5): The macro of a slot, and the path that all slots share. */
	.section .text.vectors, "ax"
	.balign	0x800
	.globl	hyp_vectors
hyp_vectors:
	.rept	16
	.balign	0x80
	todo	"lab01.5", "lab01-boot/vectors.S, read lab01-boot/README.md#task-5"
	.endr
	/* END(lab01.5) */
