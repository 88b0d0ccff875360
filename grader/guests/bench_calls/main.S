/* SPDX-License-Identifier: MIT */
/*
 * Make one exit of each kind, for grader/commands/costs.py to count. Each label marks one
 * instruction, which is executed a few times so that the last time is warm.
 */
#include "asm.h"
#include "guest_layout.h"
#include "hypercall.h"
#include "smccc.h"
#include "sysreg.h"

#define TIMES	4
#define SLOT_IRQ 5		/* of the vectors, from EL1 itself */

	.macro repeat_label label:req, what:vararg
	mov	x20, #TIMES
0:	ldr	w0, =PSCI_VERSION
	.globl	\label
\label:
	\what
	subs	x20, x20, #1
	b.ne	0b
	.endm

function main
	stp	x29, x30, [sp, #-16]!
	ldr	x19, =VUART_IPA
	repeat_label bench_hvc, hvc #HVC_SMCCC
	repeat_label bench_smc, smc #0
	repeat_label bench_sysreg, mrs x0, id_aa64pfr0_el1
	/* LORC_EL1: EL2 injects UNDEFINED. */
	repeat_label bench_undefined, mrs x0, s3_0_c10_c4_3
	mov	w1, #'.'
	repeat_label bench_uart_write, str w1, [x19]
	repeat_label bench_uart_read, ldr w1, [x19, #0x18]

	/* Two instances yield to each other: each HVC is a full switch. */
	repeat_label bench_switch, hvc #HVC_YIELD

	/* The virtual timer: an interrupt in a loop that does nothing else. */
	mov	x0, #0xff
	msr	icc_pmr_el1, x0
	mov	x0, #1
	msr	icc_igrpen1_el1, x0
	isb
	mov	x20, #TIMES
0:	mrs	x0, cntvct_el0
	add	x0, x0, #200
	msr	cntv_cval_el0, x0
	mov	x0, #1
	msr	cntv_ctl_el0, x0
	isb
	msr	daifclr, #2
	mov	x21, #0
1:	cbz	x21, 1b			/* guest_exception() ends it */
	subs	x20, x20, #1
	b.ne	0b
	ldp	x29, x30, [sp], #16
	ret
endfunction main

	/*
	 * The runtime's vector calls this: x0 is the slot, x2 points to the ELR to return
	 * to. The vector does not save x21.
	 */
function guest_exception
	cmp	x0, #SLOT_IRQ
	b.eq	0f
	ldr	x1, [x2]
	add	x1, x1, #4		/* skip the undefined instruction */
	str	x1, [x2]
	ret
0:	mrs	x0, icc_iar1_el1
	msr	cntv_ctl_el0, xzr
	msr	icc_eoir1_el1, x0
	mov	x21, #1
	ret
endfunction guest_exception
