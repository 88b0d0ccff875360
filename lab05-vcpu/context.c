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
#include "todo.h"

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
/* TODO(lab05.1): The others, in pairs: PAIR(p, first, second) for each two. */
#define EXECUTION_REGISTERS(PAIR)	(void)p; todo("lab05.1", "lab05-vcpu/context.c, read lab05-vcpu/README.md#task-1");
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
/* TODO(lab05.3): APIA, APIB, APDA, APDB and APGA: the two halves of each are a pair. */
#define KEY_REGISTERS(PAIR)	(void)p; todo("lab05.3", "lab05-vcpu/context.c, read lab05-vcpu/README.md#task-3");
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
/* TODO(lab05.7): List registers, AP1R0, AP0R0, VMCR, in the order of vgic.h. */
#define VGIC_REGISTERS(PAIR)	(void)p; todo_later("lab05.7", "lab05-vcpu/context.c, read lab05-vcpu/README.md#task-7");
/* END(lab05.7) */

PART void vgic_save(struct context *context)
{
	struct vgic_context *vgic = &context->vgic;
	uint64_t *p = vgic->lr;		/* and the members after it */

	VGIC_REGISTERS(save_pair);
	/* TODO(lab05.7): If the timer's list register is in use, deactivate PPI 27. */
	todo_later("lab05.7", "vgic_save() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-7");
	/* END(lab05.7) */
}

PART void vgic_load(const struct context *context)
{
	const struct vgic_context *vgic = &context->vgic;
	const uint64_t *p = vgic->lr;	/* and the members after it */

	VGIC_REGISTERS(load_pair);
	/* TODO(lab05.7): Activate PPI 27 again; then vgic_control(). */
	todo_later("lab05.7", "vgic_load() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-7");
	/* END(lab05.7) */
}

PART void vtimer_save(struct context *context)
{
	uint64_t *p = &context->vtimer.cval;	/* and ctl */

	/* TODO(lab05.8): Save the timer, then turn it off, or it would interrupt the next guest. */
	(void)p;
	todo_later("lab05.8", "vtimer_save() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-8");
	/* END(lab05.8) */
}

PART void vtimer_load(const struct context *context)
{
	const struct vtimer_context *vtimer = &context->vtimer;
	uint64_t cval = vtimer->cval, ctl = vtimer->ctl;

	/* TODO(lab05.8): The offset and the deadline, then the control register. */
	(void)cval, (void)ctl;
	todo_later("lab05.8", "vtimer_load() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-8");
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
	/* TODO(lab05.2): Stop trapping FP and SIMD: CPTR_EL2, in effect on return. */
	todo("lab05.2", "fp_enable() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-2");
	/* END(lab05.2) */
}

void pauth_enable(void)
{
	/* TODO(lab05.3): Stop trapping pointer-authentication keys and instructions: HCR_EL2. */
	todo("lab05.3", "pauth_enable() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-3");
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

	/* TODO(lab05.1): Save the old vCPU's state, load the new one's VTTBR_EL2 and state. */
	todo("lab05.1", "context_switch() in lab05-vcpu/context.c, read lab05-vcpu/README.md#task-1");
	/* END(lab05.1) */
}
