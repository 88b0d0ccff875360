/* SPDX-License-Identifier: MIT */
/*
 * VMIDs by generation. There are 255, and more VMs than that may come and go. A VM gets
 * a VMID when it is first loaded. When none is left, a new generation begins: one broadcast
 * invalidation of all TLBs, and every VM gets a new VMID before it next runs. Those that
 * run at this moment keep theirs. Arm ARM, VTTBR_EL2.VMID, TLBI ALLE1IS.
 */
#ifndef VMID_H
#define VMID_H

#include <stdint.h>

#define VMID_COUNT	255	/* 1 to 255; 0 is EL2's when no vCPU is loaded */

struct guest;

/* Of a VM: zero when it is created. */
struct vmid {
	uint64_t generation;	/* 0: none yet */
};

/*
 * Make sure that the VM has a VMID of this generation, in vm.s2.vmid, and that this core
 * is known to use it. Before every load of one of its vCPUs. Returns VTTBR_EL2.
 */
uint64_t vmid_load(struct guest *guest);

/* This core uses no VM's VMID any more: before it sleeps or takes a VM apart. */
void vmid_unload(void);

/* How many generations there were, for tests. */
uint64_t vmid_generations(void);

#endif
