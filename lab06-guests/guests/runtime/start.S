/* SPDX-License-Identifier: MIT */
/*
 * Where a guest begins: at EL1, the MMU off, x0 to x30 zero, nothing else
 * promised. guest.ld puts this at the start of the slot. .bss is zero: EL2
 * hands over a slot that is zero behind the image.
 */
#include "asm.h"

	.section .text.guest_start, "ax"
	.globl	guest_start
	.type	guest_start, %function
guest_start:
	/* TODO(lab06.1): A stack, the vector table, console and program; off at the end. */
	todo	"lab06.1", "guest_start in lab06-guests/guests/runtime/start.S, read lab06-guests/README.md#task-1"
	.size	guest_start, . - guest_start
