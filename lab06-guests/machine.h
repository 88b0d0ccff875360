/* SPDX-License-Identifier: MIT */
/* Create and destroy all VMs of the machine. */
#ifndef MACHINE_H
#define MACHINE_H

/* Create a VM of every guest image; virtual time starts for all at the same moment. */
void machine_load(void);

/*
 * Wipe and destroy every VM, so that its memory and its VMID are no longer
 * accessible. Print a line for each with the number of table pages that were freed.
 * Call it when every VM has stopped.
 */
void machine_end(void);

#endif
