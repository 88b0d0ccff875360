/* SPDX-License-Identifier: MIT */
/*
 * The entry point of a probe guest, at EL1 with the MMU off: set up stack and
 * vectors, call main(), then PSCI SYSTEM_OFF. Exceptions go to guest_exception(); a
 * guest that expects some defines its own.
 */
#include "asm.h"
#include "hypercall.h"
#include "smccc.h"

	.section .text.guest_start, "ax"
	.globl	guest_start
guest_start:
	adrp	x0, guest_stack_top
	add	x0, x0, :lo12:guest_stack_top
	mov	sp, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el1, x0
	isb
	bl	main
	ldr	w0, =PSCI_SYSTEM_OFF
	hvc	#HVC_SMCCC
0:	wfi
	b	0b

	.macro slot number
	.balign	0x80
	stp	x0, x1, [sp, #-208]!
	mov	x0, #\number
	b	exception_entry
	.endm

	.section .text.vectors, "ax"
	.balign	0x800
vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	slot	\n
	.endr

	/* Save what C may change, x0 to x18 and x30, and the return address. */
function exception_entry
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
	mrs	x1, esr_el1
	add	x2, sp, #160		/* &elr: the handler may change it */
	bl	guest_exception
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
	ldp	x0, x1, [sp], #208
	eret
	dsb	nsh
	isb
endfunction exception_entry
