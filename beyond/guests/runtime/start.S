/* SPDX-License-Identifier: MIT */
/*
 * The entry of the first core and of those that PSCI CPU_ON starts, at EL1 with the MMU off.
 * Until the MMU is on no memory is touched: without it accesses bypass the caches.
 */
#include "asm.h"
#include "core.h"
#include "sysreg.h"

	/* Turn the MMU and the caches on. Clobbers x9. */
	.macro enable_mmu
	ldr	x9, =0xff00			/* attribute 0 a device, 1 write-back */
	msr	mair_el1, x9
	ldr	x9, =(32 | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER | TCR_EL1_EPD1)
	msr	tcr_el1, x9
	adrp	x9, level1_table
	msr	ttbr0_el1, x9
	isb
	tlbi	vmalle1				/* drop what the TLB holds from before */
	dsb	nsh
	isb
	ldr	x9, =(SCTLR_EL1_RES1 | SCTLR_ELx_I | SCTLR_ELx_SA | SCTLR_ELx_C | SCTLR_ELx_M)
	msr	sctlr_el1, x9
	isb
	.endm

	/* Set the vectors, this core's data at x19, and its stack. Clobbers x9. */
	.macro enter_core
	adrp	x9, guest_vectors
	add	x9, x9, :lo12:guest_vectors
	msr	vbar_el1, x9
	msr	tpidr_el1, x19
	mov	x9, #CORE_SIZE
	add	sp, x19, x9			/* the stack is the end of the struct */
	isb
	.endm

	.section .text.guest_start, "ax"
	.globl	guest_start
guest_start:
	msr	spsel, #1
	msr	daifset, #0xf
	enable_mmu
	adrp	x0, bss_start
	add	x0, x0, :lo12:bss_start
	adrp	x1, bss_end
	add	x1, x1, :lo12:bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:	adrp	x19, cores
	add	x19, x19, :lo12:cores
	enter_core
	bl	guest_main
	b	.

/* x0: the core's struct core, CPU_ON's context. */
function secondary_start
	mov	x19, x0
	msr	spsel, #1
	mrs	x20, daif			/* as PSCI left it, for a check */
	mrs	x21, sctlr_el1
	msr	daifset, #0xf
	enable_mmu
	enter_core
	mov	x0, x20
	mov	x1, x21
	bl	secondary_main
	b	.
endfunction secondary_start
