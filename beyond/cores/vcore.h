/* SPDX-License-Identifier: MIT */
/* vCPUs: made, started, loaded. All but vcore_create() run on the vCPU's own core. */
#ifndef VCORE_H
#define VCORE_H

#include "guest.h"

/*
 * Add a vCPU to a VM, off, pinned to the next core in turn. At boot only: other cores do
 * not run yet. E_NO_MEMORY beyond GUEST_CPUS_MAX or VCORES_MAX.
 */
#define VCORES_MAX	32
int vcore_create(struct guest *guest);

/*
 * Put the vCPU into its state after a reset, with PC = entry and x0 = context_id. No vCPU is
 * loaded before and after. PSCI, "CPU_ON", "Initial core configuration".
 */
void vcore_start(struct vcore *vcore);

/* True if all vCPUs of the VM have to go off. Looked at before each entry, so inline. */
static inline bool power_is_ending(const struct guest *guest)
{
	return __atomic_load_n(&guest->power.ending, __ATOMIC_ACQUIRE);
}

/* True if another core left word about the power of this vCPU: it has to start or to go off. */
static inline bool power_has_word(const struct vcore *vcore)
{
	enum power power = __atomic_load_n(&vcore->power, __ATOMIC_ACQUIRE);

	return power == POWER_ON_PENDING ||
	       (power == POWER_ON && power_is_ending(vcore_guest(vcore)));
}

/* Load the vCPU: its context, VMID, identity and debug state. */
void vcore_load(struct vcore *vcore);

/* Unload the loaded vCPU, if any. */
void vcore_unload(void);

/* Stop a vCPU for good, or until vcore_start(): nothing of it stays in the core. */
void vcore_stop(struct vcore *vcore);

#endif
