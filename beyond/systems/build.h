/* SPDX-License-Identifier: MIT */
/* VMs, built from their device trees, booted, and destroyed. */
#ifndef BUILD_H
#define BUILD_H

#include "guest.h"

/*
 * Build a VM of every device tree NAME.dtb in the bundle and let it boot. One that is
 * refused is reported in a line and leaves nothing in memory. Returns how many were built.
 */
unsigned int build_all(void);

/*
 * Let a VM whose vCPUs are all off boot again: memory, devices and interrupts as after a
 * reset, kernel and initrd in place. 0, or an error if the description does not keep them.
 */
int guest_boot(struct guest *guest);

/* The VM is over: its memory is free again. Its counters stay, for the report. */
void guest_end(struct guest *guest);

/* VM number `n` of those that were built, or NULL; it may have ended. */
struct guest *guest_number(unsigned int n);

#endif
