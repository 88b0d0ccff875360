/* SPDX-License-Identifier: MIT */
/* Before lab 5 a VM has no GIC: its accesses to one trap. */
#ifndef NO_GIC_H
#define NO_GIC_H

/*
 * Hide the GIC from guests: each access to its CPU interface traps. Without this a
 * guest could leave values in the virtual one, which is the core's and not a VM's. From
 * lab 5 on that state moves with the vCPU, and guests have a GIC.
 */
void no_gic(void);

#endif
