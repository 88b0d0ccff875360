/* SPDX-License-Identifier: MIT */
/* Programs for EL0; el0.h. They run through an alias of this code and use no stack. */
#include "asm.h"

/* x0: pc, x1: the program's x0, x2: spsr. */
function el0_enter
	msr	elr_el1, x0
	msr	spsr_el1, x2
	mov	x0, x1
	eret
	dsb	nsh
	isb
endfunction el0_enter

	/* One instruction, then SVC if it did not cause an exception. */
	.macro program name, instruction:vararg
function \name
	\instruction
	svc	#0
endfunction \name
	.endm

	program	el0_svc, svc #0x77
	program	el0_brk, brk #0x88
	program	el0_udf, .inst 0
	program	el0_hvc, hvc #0
	program	el0_smc, smc #0
	program	el0_sctlr, mrs x1, sctlr_el1
	program	el0_ctr, mrs x1, ctr_el0
	program	el0_cntvct, mrs x1, cntvct_el0
	program	el0_daifset, msr daifset, #2
	program	el0_wfi, wfi

function el0_increment
	ldr	x1, [x0]
	add	x1, x1, #1
	str	x1, [x0]
	svc	#0
endfunction el0_increment

function el0_spin
	b	el0_spin
endfunction el0_spin
