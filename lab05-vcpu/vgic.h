/* SPDX-License-Identifier: MIT */
/*
 * The virtual CPU interface: a guest's accesses to ICC_*_EL1 reach the ICV_
 * registers, and EL2 injects interrupts with list registers. Guests have no
 * distributor: all INTIDs below 32 are enabled, in group 1, with one priority.
 * IHI 0069, "Virtual interrupt handling".
 */
#ifndef VGIC_H
#define VGIC_H

#include <stdbool.h>
#include <stddef.h>

#include "gicv3.h"
#include "sysreg.h"
#include "vcpu.h"

#define VGIC_LRS	3	/* list registers in use; 0 is the timer's */
#define VGIC_PRIORITY	0xa0

/* The virtual CPU interface's part of a context. */
struct vgic_context {
	uint64_t lr[VGIC_LRS];	/* ICH_LR<n>_EL2 */
	uint64_t ap1r0, ap0r0;	/* ICH_AP<g>R0_EL2: active priorities */
	uint64_t vmcr;		/* ICH_VMCR_EL2: the guest's masks */
	uint64_t waiting;	/* INTIDs 0 to 31 that wait for a list register */
};

_Static_assert(offsetof(struct vgic_context, ap1r0) == VGIC_LRS * 8 &&
	       offsetof(struct vgic_context, ap0r0) == (VGIC_LRS + 1) * 8 &&
	       offsetof(struct vgic_context, vmcr) == (VGIC_LRS + 2) * 8,
	       "context.c moves them in one walk that begins at lr[0]");

/* Set up the hypervisor control interface. Panics if the core's is not sufficient. */
void vgic_init(void);

/*
 * Make INTID 0 to 15 pending for `vcpu`, loaded or not. Further calls have no effect
 * until the guest takes it. Wakes a blocked vCPU.
 */
void vgic_inject(struct vcpu *vcpu, unsigned int intid);

/*
 * Make PPI_VTIMER pending for the loaded vCPU, whose timer has fired. The physical
 * interrupt must have been acknowledged; it stays active until the guest's EOI. The
 * virtual interrupt stays pending even if the guest turns its timer off, where a real
 * GIC would retract it, so handlers must check CNTV_CTL_EL0.
 */
void vgic_timer(void);

/*
 * True if the loaded vCPU has a pending interrupt that its group enable and priority
 * mask (not PSTATE.I) let through, so that its WFI must not wait.
 */
bool vgic_wakes(const struct vcpu *vcpu);

/*
 * Move waiting INTIDs of the loaded vCPU, whose context `vgic` is, into free list
 * registers. The maintenance interrupt requests it while INTIDs wait and at most one
 * list register is in use. If a guest never deactivates two active interrupts, its
 * other interrupts keep waiting.
 */
void vgic_refill(struct vgic_context *vgic);

/*
 * Turn the virtual CPU interface on, with a maintenance interrupt if INTIDs wait. Two
 * writes, because a branch costs less here than computing the value.
 */
static inline void vgic_control(const struct vgic_context *vgic)
{
	if (vgic->waiting)
		write_sysreg(ich_hcr_el2, ICH_HCR_EL2_EN | ICH_HCR_EL2_UIE);
	else
		write_sysreg(ich_hcr_el2, ICH_HCR_EL2_EN);
}

#endif
