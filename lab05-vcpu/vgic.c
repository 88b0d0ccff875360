// SPDX-License-Identifier: MIT
#include "vgic.h"

#include "context.h"
#include "cpu.h"
#include "gic.h"
#include "gicv3.h"
#include "panic.h"
#include "platform.h"
#include "sysreg_trap.h"
#include "trace.h"
#include "todo.h"

/* A guest generates an SGI: for its only vCPU, or for none. */
static void write_sgi1r(struct vcpu *vcpu, uint64_t value)
{
	/*
	 * A VM has one vCPU, with affinity 0.0.0.0: target 0 of range 0. IRM
	 * means all vCPUs but the sender.
	 */
	uint64_t others = value & (GENMASK(55, 48) | GENMASK(39, 32) |
				   GENMASK(23, 16) | ICC_SGI1R_RS);

	if (!(value & ICC_SGI1R_IRM) && !others &&
	    FIELD_GET(ICC_SGI1R_TARGETS, value) & BIT(0))
		vgic_inject(vcpu, FIELD_GET(ICC_SGI1R_INTID, value));
}

/*
 * Ignore SGIs of group 0 and of the other Security state: all SGIs of a VM are in
 * group 1 of its only state. IHI 0069, ICC_SGI0R_EL1 and ICC_ASGI1R_EL1.
 */
static void write_no_sgi(struct vcpu *vcpu, uint64_t value)
{
	(void)vcpu;
	(void)value;
}

/* A GICv3 without legacy support: the system register interface is always on. */
static uint64_t read_sre(struct vcpu *vcpu)
{
	(void)vcpu;
	return ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
}

static void write_sre(struct vcpu *vcpu, uint64_t value)
{
	(void)vcpu;
	(void)value;
}

/*
 * HCR_EL2.IMO traps writes that generate SGIs, which only EL2 can route.
 * ICC_SRE_EL2.Enable = 0 traps ICC_SRE_EL1, which all guests share.
 */
static const struct sysreg_trap rows[] = {
	{ .reg = ISS_SYS(3, 0, 12, 11, 5), .write = write_sgi1r },
	{ .reg = ISS_SYS(3, 0, 12, 11, 6), .write = write_no_sgi },	/* ICC_ASGI1R_EL1 */
	{ .reg = ISS_SYS(3, 0, 12, 11, 7), .write = write_no_sgi },	/* ICC_SGI0R_EL1 */
	{ .reg = ISS_SYS(3, 0, 12, 12, 5), .read = read_sre, .write = write_sre },
};

void vgic_init(void)
{
	uint64_t vtr = read_sysreg(ich_vtr_el2);

	if (FIELD_GET(ICH_VTR_EL2_LISTREGS, vtr) + 1 < VGIC_LRS)
		panic("this core has fewer than %d list registers", VGIC_LRS);
	if (FIELD_GET(ICH_VTR_EL2_PREBITS, vtr) + 1 > 5)
		panic("more active priority registers than the context has");
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		sysreg_trap_add(&rows[i]);
	gic_enable_ppi(PPI_MAINTENANCE);
}

/* List registers 1 and 2 are for SGIs. 0 is the timer's, see vgic_timer(). */
static uint64_t read_lr(unsigned int n)
{
	return n == 1 ? read_sysreg(ich_lr1_el2) : read_sysreg(ich_lr2_el2);
}

static void write_lr(unsigned int n, uint64_t lr)
{
	if (n == 1)
		write_sysreg(ich_lr1_el2, lr);
	else
		write_sysreg(ich_lr2_el2, lr);
}

/* Pending, in group 1, with the priority that all virtual interrupts have. */
static uint64_t pending_lr(unsigned int intid)
{
	/* TODO(lab05.7): The fields of a list register. */
	todo("lab05.7", "pending_lr() in lab05-vcpu/vgic.c, read lab05-vcpu/README.md#task-7");
	/* END(lab05.7) */
}

/*
 * If `intid` is in a list register already, make it pending there: the same vINTID in
 * two list registers is UNPREDICTABLE. An active one stays active until its end.
 */
static bool pend_in_place(unsigned int intid)
{
	for (unsigned int n = 1; n < VGIC_LRS; n++) {
		uint64_t lr = read_lr(n);

		if ((lr & ICH_LR_STATE) &&
		    FIELD_GET(ICH_LR_VINTID, lr) == intid) {
			write_lr(n, lr | ICH_LR_PENDING);
			return true;
		}
	}
	return false;
}

/* Put `intid` into a list register whose state is invalid, if there is one. */
static bool pend_in_free(unsigned int intid)
{
	for (unsigned int n = 1; n < VGIC_LRS; n++) {
		if (!(read_lr(n) & ICH_LR_STATE)) {
			write_lr(n, pending_lr(intid));
			return true;
		}
	}
	return false;
}

void vgic_refill(struct vgic_context *vgic)
{
	for (uint64_t left = vgic->waiting; left; left &= left - 1) {
		unsigned int intid = __builtin_ctzll(left);

		if (pend_in_place(intid) || pend_in_free(intid))
			vgic->waiting &= ~BIT(intid);
	}
	vgic_control(vgic);
}

void vgic_inject(struct vcpu *vcpu, unsigned int intid)
{
	trace(TRACE_INJECT, vcpu->id, intid);
	vcpu->context->vgic.waiting |= BIT(intid);
	if (vcpu == this_cpu()->loaded)
		vgic_refill(&vcpu->context->vgic);
	if (vcpu->state == VCPU_BLOCKED)
		vcpu->state = VCPU_RUNNABLE;
}

void vgic_timer(void)
{
	/* TODO(lab05.7): The timer's list register; with HW the guest's EOI deactivates the PPI. */
	todo("lab05.7", "vgic_timer() in lab05-vcpu/vgic.c, read lab05-vcpu/README.md#task-7");
	/* END(lab05.7) */
}

bool vgic_wakes(const struct vcpu *vcpu)
{
	/* TODO(lab05.7): A pending interrupt that VENG1 and VPMR let through. */
	todo("lab05.7", "vgic_wakes() in lab05-vcpu/vgic.c, read lab05-vcpu/README.md#task-7");
	/* END(lab05.7) */
}
