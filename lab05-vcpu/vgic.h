/* SPDX-License-Identifier: MIT */
/*
 * The virtual CPU interface: a guest uses ICC_*_EL1 as on a real GICv3 and
 * reaches the ICV_ registers behind them; EL2 hands it interrupts in list
 * registers. There is no distributor for guests: all INTIDs below 32 are
 * enabled, in group 1, with one priority. IHI 0069, "Virtual interrupt handling".
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

/* The part of a context that is the virtual CPU interface's. */
struct vgic_context {
	uint64_t lr[VGIC_LRS];	/* ICH_LR<n>_EL2 */
	uint64_t ap1r0, ap0r0;	/* ICH_AP<g>R0_EL2: active priorities */
	uint64_t vmcr;		/* ICH_VMCR_EL2: the guest's masks */
	uint64_t waiting;	/* INTIDs 0 to 31 that no list register had room for */
};

_Static_assert(offsetof(struct vgic_context, ap1r0) == VGIC_LRS * 8 &&
	       offsetof(struct vgic_context, ap0r0) == (VGIC_LRS + 1) * 8 &&
	       offsetof(struct vgic_context, vmcr) == (VGIC_LRS + 2) * 8,
	       "context.c moves them in one walk that begins at lr[0]");

/* The hypervisor control interface. Panics if the core's is not sufficient. */
void vgic_init(void);

/*
 * Make INTID 0 to 15 pending for `vcpu`, loaded or not; once, however often it
 * is called before the guest takes it. Wakes a vCPU that is blocked.
 */
void vgic_inject(struct vcpu *vcpu, unsigned int intid);

/*
 * The loaded vCPU's timer has fired: make PPI_VTIMER pending for it. The physical
 * interrupt must have been acknowledged; it stays active until the guest's EOI.
 * Once here it stays pending, even if the guest turns its timer off before it
 * takes it, where a real GIC would retract it: handlers look at CNTV_CTL_EL0.
 */
void vgic_timer(void);

/*
 * True if the loaded vCPU has an interrupt pending that its own masks (group
 * enable and priority mask, not PSTATE.I) let through: its WFI would not wait.
 */
bool vgic_wakes(const struct vcpu *vcpu);

/*
 * Give INTIDs that wait for a list register one that has become free: of the
 * loaded vCPU, whose context `vgic` is. The maintenance interrupt calls for it while
 * something waits and at most one list register is in use. A guest that keeps two interrupts active without ever
 * deactivating them keeps its own others waiting.
 */
void vgic_refill(struct vgic_context *vgic);

/*
 * The virtual CPU interface is on, and calls for a refill if something waits. Two
 * writes, as a branch costs less here than to compute the value.
 */
static inline void vgic_control(const struct vgic_context *vgic)
{
	if (vgic->waiting)
		write_sysreg(ich_hcr_el2, ICH_HCR_EL2_EN | ICH_HCR_EL2_UIE);
	else
		write_sysreg(ich_hcr_el2, ICH_HCR_EL2_EN);
}

#endif
