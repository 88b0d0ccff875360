/* SPDX-License-Identifier: MIT */
/*
 * From PSCI CPU_ON to core_main(), on every core but the first. The firmware enters here
 * at EL2 with the MMU and the caches off, and with the context ID of CPU_ON in x0: the
 * address of this core's struct core. What it reads until the MMU is on was cleaned to
 * memory by the first core.
 *
 * The controls are those that boot.S sets on the first core. Where their values depend on
 * the machine, they are the first core's own, from core_controls.
 */
#include "asm.h"
#include "core_controls.h"
#include "sysreg.h"

function secondary_start
	msr	daifset, #0xf
	msr	spsel, #1
	ldr	x1, =HCR_EL2_RW		/* first: E2H and TGE change what others mean */
	msr	hcr_el2, x1
	isb
	mov	x19, x0
	adrp	x20, core_controls
	add	x20, x20, :lo12:core_controls

	ldp	x0, x1, [x20, #CONTROLS_CPTR]	/* and MDCR_EL2 */
	msr	cptr_el2, x0
	msr	mdcr_el2, x1
	msr	cnthctl_el2, xzr
	msr	cntvoff_el2, xzr
	msr	cnthp_ctl_el2, xzr
	msr	cntv_ctl_el0, xzr
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	bl	optional_controls	/* boot.S */
	ldr	x0, =SCTLR_EL1_RES1
	msr	sctlr_el1, x0

	/* As el2_mmu_enable(), but nothing of this core's is in any cache. */
	ldp	x0, x1, [x20, #CONTROLS_MAIR]	/* and TCR_EL2 */
	msr	mair_el2, x0
	msr	tcr_el2, x1
	ldp	x0, x1, [x20, #CONTROLS_TTBR0]	/* and SCTLR_EL2 */
	msr	ttbr0_el2, x0
	isb
	tlbi	alle2			/* after reset it may hold anything */
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x1
	isb

	msr	tpidr_el2, x19
	ldr	x0, [x19, #CORE_STACK]
	mov	sp, x0
	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	mov	x0, x19
	b	core_main
endfunction secondary_start
