/* SPDX-License-Identifier: MIT */
/* Before lab 5 a VM has no GIC: accesses to it trap. */
#ifndef NO_GIC_H
#define NO_GIC_H

/*
 * Hide the GIC from guests: each access to the CPU interface traps. Without this a
 * guest could leave values in the virtual CPU interface for the next one, because the
 * core has only one. From lab 5 on that state moves with the vCPU.
 */
void no_gic(void);

#endif
