// SPDX-License-Identifier: MIT
#include "context.h"

#include "barrier.h"
#include "cpu.h"
#include "panic.h"
#include "stage2.h"

static struct context contexts[VM_MAX];

void context_config(void)
{
	/* The context has what only these extensions define: say so, in words. */
	if (!(read_sysreg(id_aa64isar1_el1) & (GENMASK(11, 8) | GENMASK(7, 4))))
		panic("this core has no pointer authentication (FEAT_PAuth)");
	if (!(read_sysreg(id_aa64pfr0_el1) & GENMASK(31, 28)))
		panic("this core has no RAS extension (FEAT_RAS)");

	/* HOLE(lab05.3): FP, SIMD and pointer authentication no longer trap. */
	write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_EL2_TFP);
	write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_API | HCR_EL2_APK);
	isb();
	/* END(lab05.3) */
}

void context_create(struct vcpu *vcpu)
{
	struct context *context = &contexts[vcpu->id];

	*context = (struct context){ 0 };
	vcpu->context = context;
	/*
	 * EL1 as after a reset is what vcpu_start() of lab 4 leaves in the
	 * registers. Whose state was there before is saved first.
	 */
	context_switch(NULL);
	vcpu_start(vcpu);
	entry_check(vcpu);
	el1_save(context->el1);
	vtimer_save(&context->vtimer);
	this_cpu()->loaded = NULL;
}

static void save(struct context *context)
{
	el1_save(context->el1);
	keys_save(context->keys);
	fp_save(&context->fp);
	vgic_save(&context->vgic);
	vtimer_save(&context->vtimer);
}

static void load(struct context *context)
{
	el1_load(context->el1);
	keys_load(context->keys);
	fp_load(&context->fp);
	vgic_load(&context->vgic);
	vtimer_load(&context->vtimer);
}

void context_switch(struct vcpu *vcpu)
{
	/* HOLE(lab05.1): The old vCPU's state out, the new one's VTTBR_EL2 and state in. */
	struct vcpu *old = this_cpu()->loaded;

	if (old == vcpu)
		return;
	if (old)
		save(old->context);
	this_cpu()->loaded = vcpu;
	if (!vcpu)
		return;
	/*
	 * The VMID first, and in effect before TTBR0_EL1 and the rest: a walk
	 * that the core makes in between must not put entries of the new
	 * guest's tables under the old guest's VMID.
	 */
	write_sysreg(vttbr_el2, s2_vttbr(&vcpu->vm->s2));
	isb();
	load(vcpu->context);
	/* The ERET to the guest makes all of it take effect. */
	/* END(lab05.1) */
}
