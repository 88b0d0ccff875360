/* SPDX-License-Identifier: MIT */
/*
 * A VM's kernel, initrd and device tree, from the bundle into its memory. Properties of
 * /chosen that are ours say which (beyond/vms/):
 *
 *	schism,kernel	the member: an arm64 Image, an ELF program, or a flat binary
 *	schism,load	where a flat binary goes, and its entry
 *	schism,initrd	the member, for linux,initrd-start
 *	schism,dtb	where the device tree goes; default: the last 2 MiB of memory
 *	schism,keep	the VM boots again after SYSTEM_RESET
 */
#ifndef LOAD_H
#define LOAD_H

#include "guest.h"

/*
 * Find the members that the tree names: guest->kernel and guest->initrd. For every VM before
 * load_all() of any: a member that becomes memory of a VM takes the next one's header with
 * it. 0, E_NOT_FOUND, or a refusal.
 */
int load_find(struct guest *guest, const struct fdt *fdt);

/*
 * Put everything in place and set guest->entry and guest->context_id. A member becomes the VM's
 * own frames if may_give(guest, member), else it is copied. 0, a refusal, or an error of
 * memory_give() and memory_write().
 */
int load_all(struct guest *guest, const struct fdt *fdt,
	     bool (*may_give)(const struct guest *guest, struct blob member));

#endif
