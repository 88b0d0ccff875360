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
	/* TODO(lab06.1): Set up stack and vectors, call console and program, then switch off. */
	todo	"lab06.1", "guest_start in lab06-guests/guests/runtime/start.S, read lab06-guests/README.md#task-1"
	/* END(lab06.1) */
	.size	guest_start, . - guest_start
