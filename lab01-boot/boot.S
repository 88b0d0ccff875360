/* SPDX-License-Identifier: MIT */
/*
 * From reset to hyp_main().
 *
 * QEMU enters here at the highest exception level that the machine has, with
 * the MMU and the caches off. Do not rely on anything else: most of EL2's
 * control registers reset to UNKNOWN values (Arm ARM, each register's
 * "Resets"), and so does SP. Hence this order:
 *
 *   1. which core is this, and is it at EL2;  2. control registers and a stack;
 *   3. .bss, in assembly, because C may use .bss and the stack;  4. C.
 *
 * adrp works before the MMU is on because the image runs where it is linked.
 */
#include "asm.h"
#include "platform.h"
#include "smccc.h"
#include "sysreg.h"

	.section .text.boot, "ax"
	.globl _start
	.type _start, %function
_start:
	/* TODO(lab01.1): Continue only on the boot CPU (affinity 0), and only at EL2. */
	todo	"lab01.1", "_start in lab01-boot/boot.S, read lab01-boot/README.md#task-1"
	/* END(lab01.1) */

	/* TODO(lab01.2): Put EL2 into a known state and give it a stack. */
	todo	"lab01.2", "_start in lab01-boot/boot.S, read lab01-boot/README.md#task-2"
	/* END(lab01.2) */
	mov	x0, sp
	bl	boot_check		/* C that does not use .bss */

	/* TODO(lab01.3): Wipe .bss: all of [bss_start, bss_end), nothing else. */
	todo	"lab01.3", "_start in lab01-boot/boot.S, read lab01-boot/README.md#task-3"
	/* END(lab01.3) */

	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	bl	hyp_main
	b	power_off
	.size _start, . - _start

/* Stop this core: it sleeps with interrupts masked. */
function park
	msr	daifset, #0xf
0:	wfi
	b	0b
endfunction park

/*
 * Entered at the wrong level: print one line and power off. At EL1, QEMU
 * implements PSCI by HVC; at EL3 there is no PSCI, and the core is parked.
 */
function refuse
	mrs	x4, CurrentEL
	lsr	x4, x4, #2
	add	x4, x4, #'0'
	ldr	x5, =UART_BASE
	adr	x6, refuse_text
0:	ldrb	w7, [x6], #1
	cbz	w7, 1f
	cmp	w7, #'%'
	csel	w7, w4, w7, eq		/* % stands for the level */
	str	w7, [x5]
	b	0b
1:	cmp	x4, #'1'
	b.ne	park
	ldr	w0, =PSCI_SYSTEM_OFF
	hvc	#0
	b	park
endfunction refuse

refuse_text:
	.asciz	"[boot] refused: entered at EL%, but this is a hypervisor and needs EL2 (-M virt,virtualization=on)\r\n"

/*
 * PMCR_EL0.N in x0, the number of event counters: MDCR_EL2.HPMN must not be
 * larger, nor 0 without FEAT_HPMN0. 0 on a core without PMUv3.
 */
function performance_counters
	mrs	x1, id_aa64dfr0_el1
	ubfx	x1, x1, #ID_AA64DFR0_PMUVER_SHIFT, #4
	mov	x0, #0
	cbz	x1, 0f			/* no PMU */
	cmp	x1, #0xf
	b.eq	0f			/* a PMU, but not PMUv3 */
	mrs	x0, pmcr_el0
	ubfx	x0, x0, #PMCR_EL0_N_SHIFT, #PMCR_EL0_N_WIDTH
0:	ret
endfunction performance_counters

/*
 * Controls of newer extensions that reset to UNKNOWN values. Zero in HCRX_EL2
 * (FEAT_HCX) behaves as if the extension were missing. Zero in the fine-grained trap
 * registers (FEAT_FGT, FEAT_FGT2) traps only what is newer than Armv8.6, because the
 * bits for that are active low. Fields are named by their lowest bit.
 */
	.macro	skip_unless register, bit, label
	mrs	x1, \register
	ubfx	x1, x1, #\bit, #4
	cbz	x1, \label
	.endm

function optional_controls
	skip_unless id_aa64mmfr1_el1, ID_AA64MMFR1_HCX_SHIFT, 0f
	msr	HCRX_EL2, xzr
0:	skip_unless id_aa64mmfr0_el1, ID_AA64MMFR0_FGT_SHIFT, 2f
	msr	HFGRTR_EL2, xzr
	msr	HFGWTR_EL2, xzr
	msr	HFGITR_EL2, xzr
	msr	HDFGRTR_EL2, xzr
	msr	HDFGWTR_EL2, xzr
	cmp	x1, #2
	b.lo	1f
	msr	HFGRTR2_EL2, xzr
	msr	HFGWTR2_EL2, xzr
	msr	HFGITR2_EL2, xzr
	msr	HDFGRTR2_EL2, xzr
	msr	HDFGWTR2_EL2, xzr
1:	skip_unless id_aa64pfr0_el1, ID_AA64PFR0_AMU_SHIFT, 2f
	msr	HAFGRTR_EL2, xzr
2:	skip_unless id_aa64pfr0_el1, ID_AA64PFR0_MPAM_SHIFT, 3f
	ldr	x1, =(MPAM2_EL2_TRAPMPAM0EL1 | MPAM2_EL2_TRAPMPAM1EL1)
	msr	MPAM2_EL2, x1
3:	ret
endfunction optional_controls

	.section .bss.boot_cpu, "aw", %nobits
	.balign	8
boot_cpu:				/* a struct cpu (cpu.h) */
	.skip	64
