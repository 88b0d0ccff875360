/* SPDX-License-Identifier: MIT */
/*
 * The entry point of a guest: at EL1, with the MMU off and x0 to x30 zero; do not
 * rely on anything else. guest.ld puts this at the start of the slot. .bss is zero
 * because EL2 zeroes the rest of the slot.
 */
#include "asm.h"

	.section .text.guest_start, "ax"
	.globl	guest_start
	.type	guest_start, %function
guest_start:
	/* HOLE(lab06.1): Set up stack and vectors, call console and program, then switch off. */
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
