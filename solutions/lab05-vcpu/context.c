// SPDX-License-Identifier: MIT
#include "context.h"

#include "barrier.h"
#include "cpu.h"
#include "fpsimd.h"
#include "gic.h"
#include "gicv3.h"
#include "panic.h"
#include "platform.h"
#include "stage2.h"
#include "sysreg_pair.h"
#include "vgic.h"

/*
 * A part of the switch. A function, for readers and for the self-tests, but always
 * inline, because calls would add a tenth to the cost of a switch.
 */
#define PART	static inline __attribute__((always_inline))

/*
 * EL1's system registers: every one that a guest can write without a trap. A missing
 * one lets VMs send data to each other, or breaks a guest when another one ran in
 * between. ELR_EL2 and SPSR_EL2 are the guest's PC and PSTATE.
 */
#define TRANSLATION_REGISTERS(PAIR)		\
	PAIR(p, sctlr_el1, cpacr_el1);		\
	PAIR(p, ttbr0_el1, ttbr1_el1);		\
	PAIR(p, tcr_el1, mair_el1);		\
	PAIR(p, amair_el1, contextidr_el1);	\
	PAIR(p, par_el1, afsr0_el1);		\
	PAIR(p, afsr1_el1, csselr_el1)
/* HOLE(lab05.1): The others, in pairs: PAIR(p, first, second) for each two. */
/* STARTER: #define EXECUTION_REGISTERS(PAIR)	(void)p; @CALL@ */
#define EXECUTION_REGISTERS(PAIR)		\
	PAIR(p, vbar_el1, cntkctl_el1);		\
	PAIR(p, elr_el1, spsr_el1);		\
	PAIR(p, esr_el1, far_el1);		\
	PAIR(p, sp_el0, sp_el1);		\
	PAIR(p, tpidr_el0, tpidrro_el0);	\
	PAIR(p, tpidr_el1, VDISR_EL2);		\
	PAIR(p, elr_el2, spsr_el2)
/* END(lab05.1) */
#define EL1_REGISTERS(PAIR)	TRANSLATION_REGISTERS(PAIR); EXECUTION_REGISTERS(PAIR)

PART void el1_save(struct context *context)
{
	uint64_t *p = context->el1;

	EL1_REGISTERS(save_pair);
}

PART void el1_load(const struct context *context)
{
	const uint64_t *p = context->el1;

	EL1_REGISTERS(load_pair);
}

/*
 * Pointer authentication: five keys of 128 bits, in pairs of registers. All exception
 * levels share one set, so EL2 must not sign while a guest's keys are loaded. It is
 * compiled without pointer authentication.
 */
/* HOLE(lab05.3): APIA, APIB, APDA, APDB and APGA: the two halves of each are a pair. */
/* STARTER: #define KEY_REGISTERS(PAIR)	(void)p; @CALL@ */
#define KEY_REGISTERS(PAIR)			\
	PAIR(p, APIAKEYLO_EL1, APIAKEYHI_EL1);	\
	PAIR(p, APIBKEYLO_EL1, APIBKEYHI_EL1);	\
	PAIR(p, APDAKEYLO_EL1, APDAKEYHI_EL1);	\
	PAIR(p, APDBKEYLO_EL1, APDBKEYHI_EL1);	\
	PAIR(p, APGAKEYLO_EL1, APGAKEYHI_EL1)
/* END(lab05.3) */

PART void keys_save(struct context *context)
{
	uint64_t *p = context->keys;

	KEY_REGISTERS(save_pair);
}

PART void keys_load(const struct context *context)
{
	const uint64_t *p = context->keys;

	KEY_REGISTERS(load_pair);
}

/*
 * The guest's view of the GIC: its list registers, masks and active priorities. A
 * timer interrupt that the guest has not ended is also active in the physical GIC,
 * where it would block the next guest's timer.
 */
/* HOLE(lab05.7): List registers, AP1R0, AP0R0, VMCR, in the order of vgic.h. */
/* STARTER: #define VGIC_REGISTERS(PAIR)	(void)p; @LATER@ */
#define VGIC_REGISTERS(PAIR)			\
	PAIR(p, ich_lr0_el2, ich_lr1_el2);	\
	PAIR(p, ich_lr2_el2, ich_ap1r0_el2);	\
	PAIR(p, ich_ap0r0_el2, ich_vmcr_el2)
/* END(lab05.7) */

PART void vgic_save(struct context *context)
{
	struct vgic_context *vgic = &context->vgic;
	uint64_t *p = vgic->lr;		/* and the members after it */

	VGIC_REGISTERS(save_pair);
	/* HOLE(lab05.7): If the timer's list register is in use, deactivate PPI 27. */
	/* STARTER: 	@LATER@ */
	if (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))
		gic_set_active(PPI_VTIMER, false);
	/* END(lab05.7) */
}

PART void vgic_load(const struct context *context)
{
	const struct vgic_context *vgic = &context->vgic;
	const uint64_t *p = vgic->lr;	/* and the members after it */

	VGIC_REGISTERS(load_pair);
	/* HOLE(lab05.7): Activate PPI 27 again; then vgic_control(). */
	/* STARTER: 	@LATER@ */
	if (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))
		gic_set_active(PPI_VTIMER, true);
	vgic_control(vgic);
	/* END(lab05.7) */
}

PART void vtimer_save(struct context *context)
{
	uint64_t *p = &context->vtimer.cval;	/* and ctl */

	/* HOLE(lab05.8): Save the timer, then turn it off, or it would interrupt the next guest. */
	/* STARTER: 	(void)p; */
	/* STARTER: 	@LATER@ */
	save_pair(p, cntv_cval_el0, cntv_ctl_el0);
	write_sysreg(cntv_ctl_el0, 0);
	/* END(lab05.8) */
}

PART void vtimer_load(const struct context *context)
{
	const struct vtimer_context *vtimer = &context->vtimer;
	uint64_t cval = vtimer->cval, ctl = vtimer->ctl;

	/* HOLE(lab05.8): The offset and the deadline, then the control register. */
	/* STARTER: 	(void)cval, (void)ctl; */
	/* STARTER: 	@LATER@ */
	write_sysreg(cntvoff_el2, vtimer->offset);
	write_sysreg(cntv_cval_el0, cval);
	isb();
	write_sysreg(cntv_ctl_el0, ctl);
	/* If the timer has expired, its line is up now and PPI 27 is pending at once. */
	/* END(lab05.8) */
}

/* Panic if the core lacks a feature that the context needs. */
static void require_features(void)
{
	uint64_t isar1 = read_sysreg(id_aa64isar1_el1);
	uint64_t isar2 = read_sysreg(ID_AA64ISAR2_EL1);

	if (!(isar1 & (ID_AA64ISAR1_API | ID_AA64ISAR1_APA)) &&
	    !(isar2 & ID_AA64ISAR2_APA3))
		panic("this core has no pointer authentication (FEAT_PAuth)");
	if (!(read_sysreg(id_aa64pfr0_el1) & ID_AA64PFR0_RAS))
		panic("this core has no RAS extension (FEAT_RAS)");
	/*
	 * SME adds TPIDR2_EL0, which EL2 can trap only with FEAT_FGT. Every real
	 * core that has SME has FEAT_FGT; QEMU 7.2 needs sme=off.
	 */
	if ((read_sysreg(id_aa64pfr1_el1) & ID_AA64PFR1_SME) &&
	    !(read_sysreg(id_aa64mmfr0_el1) & ID_AA64MMFR0_FGT))
		panic("SME without FEAT_FGT: run QEMU with -cpu max,sme=off");
}

void context_config(void)
{
	require_features();
	fp_enable();
	pauth_enable();
}

void fp_enable(void)
{
	/* HOLE(lab05.2): Stop trapping FP and SIMD: CPTR_EL2, in effect on return. */
	write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_EL2_TFP);
	isb();
	/* END(lab05.2) */
}

void pauth_enable(void)
{
	/* HOLE(lab05.3): Stop trapping pointer-authentication keys and instructions: HCR_EL2. */
	write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_API | HCR_EL2_APK);
	isb();
	/* END(lab05.3) */
}

const struct context_part context_parts[CONTEXT_PARTS] = {
	{ "EL1", el1_save, el1_load },
	{ "FP", fp_save, fp_load },
	{ "keys", keys_save, keys_load },
};

PART void save(struct context *context)
{
	el1_save(context);
	keys_save(context);
	fp_save(context);
	vgic_save(context);
	vtimer_save(context);
}

PART void load(const struct context *context)
{
	el1_load(context);
	keys_load(context);
	fp_load(context);
	vtimer_load(context);
	vgic_load(context);
}

void context_switch(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *old = cpu->loaded;
	struct context *context;

	/* HOLE(lab05.1): Save the old vCPU's state, load the new one's VTTBR_EL2 and state. */
	if (old == vcpu)
		return;
	if (old)
		save(old->context);
	cpu->loaded = vcpu;
	if (!vcpu) {
		write_sysreg(vttbr_el2, 0);	/* no tables, VMID 0 */
		return;
	}
	/*
	 * The VMID must be in effect before TTBR0_EL1 and the rest. A core at
	 * EL2 must not walk the tables of EL1&0 speculatively, but some do for a
	 * speculated AT instruction (Cortex-A57 erratum 1319537 and similar ones),
	 * and would cache entries of the new guest's tables under the old
	 * guest's VMID.
	 */
	context = vcpu->context;
	write_sysreg(vttbr_el2, context->vttbr);
	isb();
	load(context);
	/* The ERET to the guest synchronizes all of these writes. */
	/* END(lab05.1) */
}
