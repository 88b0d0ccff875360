// SPDX-License-Identifier: MIT
#include "vgic.h"

#include "context.h"
#include "cpu.h"
#include "gic.h"
#include "gicv3.h"
#include "panic.h"
#include "platform.h"
#include "sysreg_pair.h"
#include "sysreg_trap.h"

static void write_sgi1r(struct vcpu *vcpu, uint64_t value)
{
	/* HOLE(lab05.7): A software-generated interrupt: to this vCPU, or to nobody. */
	/* A VM has one vCPU, of affinity 0.0.0.0; IRM means all but the writer. */
	uint64_t affinities = value & (GENMASK(55, 48) | GENMASK(39, 32) |
				       GENMASK(23, 16));

	if (!(value & ICC_SGI1R_IRM) && !affinities &&
	    FIELD_GET(ICC_SGI1R_TARGETS, value) & BIT(0))
		vgic_inject(vcpu, FIELD_GET(ICC_SGI1R_INTID, value));
	/* END(lab05.7) */
}

/* HCR_EL2.IMO makes writes of ICC_SGI1R_EL1 trap, as EL2 alone can route them. */
static const struct sysreg_trap sgi1r = {
	.reg = ISS_SYS(3, 0, 12, 11, 5),
	.write = write_sgi1r,
};

void vgic_init(void)
{
	uint64_t vtr = read_sysreg(ich_vtr_el2);

	if (FIELD_GET(ICH_VTR_EL2_LISTREGS, vtr) + 1 < VGIC_LRS)
		panic("this core has fewer than %d list registers", VGIC_LRS);
	if (FIELD_GET(ICH_VTR_EL2_PREBITS, vtr) + 1 > 5)
		panic("more active priority registers than the context has");
	sysreg_trap_add(&sgi1r);
	gic_enable_ppi(PPI_MAINTENANCE);
}

static uint64_t read_lr(unsigned int n)
{
	switch (n) {
	case 0:		return read_sysreg(ich_lr0_el2);
	case 1:		return read_sysreg(ich_lr1_el2);
	case 2:		return read_sysreg(ich_lr2_el2);
	default:	return read_sysreg(ich_lr3_el2);
	}
}

static void write_lr(unsigned int n, uint64_t lr)
{
	switch (n) {
	case 0:		write_sysreg(ich_lr0_el2, lr); break;
	case 1:		write_sysreg(ich_lr1_el2, lr); break;
	case 2:		write_sysreg(ich_lr2_el2, lr); break;
	default:	write_sysreg(ich_lr3_el2, lr); break;
	}
}

/* If `intid` is in a list register already, make it pending there. */
static bool pend_in_place(unsigned int intid)
{
	/* HOLE(lab05.7): An INTID is in one list register at the most. */
	for (unsigned int n = 0; n < VGIC_LRS; n++) {
		uint64_t lr = read_lr(n);

		if ((lr & ICH_LR_STATE) &&
		    FIELD_GET(ICH_LR_VINTID, lr) == intid) {
			write_lr(n, lr | ICH_LR_PENDING);
			return true;
		}
	}
	return false;
	/* END(lab05.7) */
}

/* Put `intid` into a free list register, if there is one. */
static bool pend_in_free(unsigned int intid)
{
	/* HOLE(lab05.7): Pending, group 1, VGIC_PRIORITY; the timer's with HW. */
	uint64_t free = read_sysreg(ich_elrsr_el2) & (BIT(VGIC_LRS) - 1);
	uint64_t lr = ICH_LR_PENDING | ICH_LR_GROUP1 |
		      FIELD_PREP(ICH_LR_PRIORITY, VGIC_PRIORITY) |
		      FIELD_PREP(ICH_LR_VINTID, intid);

	if (!free)
		return false;
	if (intid == PPI_VTIMER)	/* the guest's EOI deactivates the PPI */
		lr |= ICH_LR_HW | FIELD_PREP(ICH_LR_PINTID, PPI_VTIMER);
	write_lr(__builtin_ctzll(free), lr);
	return true;
	/* END(lab05.7) */
}

void vgic_refill(struct vgic_context *vgic)
{
	/* HOLE(lab05.7): Waiting INTIDs into list registers; UIE while some must wait on. */
	uint64_t waiting = vgic->waiting;

	while (waiting) {
		unsigned int intid = __builtin_ctzll(waiting);

		if (!pend_in_place(intid) && !pend_in_free(intid))
			break;
		waiting &= waiting - 1;
	}
	vgic->waiting = waiting;
	write_sysreg(ich_hcr_el2,
		     ICH_HCR_EL2_EN | (waiting ? ICH_HCR_EL2_UIE : 0));
	/* END(lab05.7) */
}

void vgic_inject(struct vcpu *vcpu, unsigned int intid)
{
	vcpu->context->vgic.waiting |= BIT(intid);
	if (vcpu == this_cpu()->loaded)
		vgic_refill(&vcpu->context->vgic);
	if (vcpu->state == VCPU_BLOCKED)
		vcpu->state = VCPU_RUNNABLE;
}

bool vgic_wakes(const struct vcpu *vcpu)
{
	/* HOLE(lab05.7): A pending interrupt that VENG1 and VPMR let through. */
	uint64_t vmcr = read_sysreg(ich_vmcr_el2);

	if (!(vmcr & ICH_VMCR_EL2_VENG1) ||
	    FIELD_GET(ICH_VMCR_EL2_VPMR, vmcr) <= VGIC_PRIORITY)
		return false;
	if (vcpu->context->vgic.waiting)
		return true;
	return (read_lr(0) | read_lr(1) | read_lr(2) | read_lr(3)) &
	       ICH_LR_PENDING;
	/* END(lab05.7) */
}

void vgic_save(struct vgic_context *vgic)
{
	/* HOLE(lab05.7): List registers, control, active priorities; the PPI's active state. */
	uint64_t *p = vgic->lr;

	save_pair(p, ich_lr0_el2, ich_lr1_el2);
	save_pair(p, ich_lr2_el2, ich_lr3_el2);
	save_pair(p, ich_vmcr_el2, ich_ap0r0_el2);
	vgic->ap1r0 = read_sysreg(ich_ap1r0_el2);
	/*
	 * A timer interrupt that this guest has not finished is still active
	 * in the GIC. Left there, it would mask the other guest's timer.
	 */
	vgic->ppi_active = gic_active_ppis() & BIT(PPI_VTIMER);
	write_sysreg(ich_hcr_el2, 0);	/* nobody's until the next load */
	/* END(lab05.7) */
}

void vgic_load(struct vgic_context *vgic)
{
	/* HOLE(lab05.7): And back; then what came while the vCPU was away. */
	const uint64_t *p = vgic->lr;

	load_pair(p, ich_lr0_el2, ich_lr1_el2);
	load_pair(p, ich_lr2_el2, ich_lr3_el2);
	load_pair(p, ich_vmcr_el2, ich_ap0r0_el2);
	write_sysreg(ich_ap1r0_el2, vgic->ap1r0);
	vgic_refill(vgic);
	gic_set_active_ppis(BIT(PPI_VTIMER), vgic->ppi_active);
	/* END(lab05.7) */
}
