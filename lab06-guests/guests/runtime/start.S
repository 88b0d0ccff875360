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
	/* TODO(lab06.1): A stack, the vector table, console and program; off at the end. */
	todo	"lab06.1", "guest_start in lab06-guests/guests/runtime/start.S, read lab06-guests/README.md#task-1"
	.size	guest_start, . - guest_start

	/* TODO(lab06.1): 16 slots and the path they share, as in lab 1, for EL1. */
	.section .text.os_vectors, "ax"
	.balign	0x800
	.globl	os_vectors
os_vectors:
	.rept	16
	.balign	0x80
	todo	"lab06.1", "guest_start in lab06-guests/guests/runtime/start.S, read lab06-guests/README.md#task-1"
	.endr
