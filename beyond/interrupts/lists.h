/* SPDX-License-Identifier: MIT */
/*
 * List registers: what of a VM's interrupts its vCPU's core shows to the guest. All
 * functions run on the vCPU's own core, with the vCPU loaded. Arm IHI 0069, chapter 11,
 * "Virtual interrupt handling and prioritization". Lab 5's vgic.h is here too.
 */
#ifndef LISTS_H
#define LISTS_H

#include "guest.h"

/* Do what the vCPU's word asks for: before each entry, if gic_has_word(). Takes the lock. */
void gic_take_word(struct vcore *vcore);

/*
 * With the VM's GIC lock: bring everything from the list registers back to the banks, where
 * it can be looked at and changed; then choose again.
 */
void gic_fold(struct vcore *vcore);
void gic_fill(struct vcore *vcore);

/* The vCPU starts: what came while it was off has to be looked at. */
void gic_turn_on(struct vcore *vcore);

/* The vCPU goes off: its list registers are empty, and what they held is in the banks. */
void gic_turn_off(struct vcore *vcore);

/*
 * Have every core write into the banks what the list registers of the VM's vCPUs say, and
 * wait for that: before an interrupt is looked at that may be in another core's. Without the
 * lock. gic_answer() is what such a core does; it is kicked for it.
 */
void gic_ask(const struct guest *guest);
void gic_answer(void);

/* Another vCPU will be loaded, or none: what the context does not save is put away. */
void gic_unload(struct vcore *vcore);

/* Deactivate `intid` on behalf of the guest (a trapped write of ICC_DIR_EL1). */
void gic_deactivate_for(struct vcore *vcore, unsigned int intid);

/* True if EL2 holds PPI 27 active because the guest does not let it through. */
bool gic_holds_timer(void);

#endif
