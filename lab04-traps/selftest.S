/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "hypercall.h"
#include "smccc.h"
#include "vcpu.h"

	/* Guests of a few instructions, for the start of a slot. */
	.macro probe name
	.section .rodata.\name, "a"
	.balign	4
	.globl	\name, \name\()_end
\name:
	.endm

	/* Every register becomes its complement. */
probe probe_invert
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mvn	x\n, x\n
	.endr
	hvc	#0
probe_invert_end:

	/* Each instruction is one exit. */
probe probe_traps
	wfi
	mrs	x1, id_aa64mmfr0_el1
	mrs	x2, cntpct_el0
probe_traps_end:

probe probe_calls
	mov	x0, #PSCI_VERSION	/* in w0; the upper half is ignored */
	movk	x0, #0xdead, lsl #48
	hvc	#HVC_SMCCC
	mov	x0, #PSCI_VERSION
	hvc	#0x1234
	mov	x0, #PSCI_VERSION
	smc	#0
	ldr	w0, 0f
	hvc	#HVC_SMCCC
0:	.word	PSCI_SYSTEM_OFF
probe_calls_end:

probe probe_report
	mov	x0, #0
	hvc	#HVC_TASK_REPORT
probe_report_end:

	/* uint64_t enter_and_count_lost(struct vcpu *vcpu, unsigned int *reason) */
function enter_and_count_lost
	push_callee_saved
	str	x1, [sp, #-16]!
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	mov	x\n, #(0x4000 + \n)
	.endr
	bl	guest_enter
	ldr	x1, [sp], #16
	str	w0, [x1]
	mov	x0, #0
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	mov	x1, #(0x4000 + \n)
	cmp	x\n, x1
	cinc	x0, x0, ne
	.endr
	pop_callee_saved
	ret
endfunction enter_and_count_lost
