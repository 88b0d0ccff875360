/* SPDX-License-Identifier: MIT */
/* A virtual machine: its memory and its name. */
#ifndef VM_H
#define VM_H

#include <stddef.h>

#include "guest_layout.h"
#include "pgtable.h"

struct aperture;		/* lab 4: where EL2 emulates a device */

struct vm {
	unsigned int id;	/* 0..VM_MAX-1: which slot and which mailbox */
	bool in_use;
	const char *name;
	struct pgtable s2;	/* its VMID is id + 1; no VM has VMID 0 */
	const struct aperture *apertures;
};

_Static_assert(offsetof(struct vm, in_use) == 4 &&
	       offsetof(struct vm, name) == 8 &&
	       offsetof(struct vm, s2.root) == 24 &&
	       offsetof(struct vm, s2.vmid) == 36 &&
	       offsetof(struct vm, apertures) == 40 &&
	       sizeof(struct vm) == 48,
	       "grader/model/vms.py and grader/labs/lab04/aborts.py rely on this layout");

/*
 * Create a VM in the first free slot, with its slot and its mailbox wiped and mapped
 * at stage 2, and nothing else. NULL if there are VM_MAX already or no page is left
 * for its tables; then nothing has changed.
 */
struct vm *vm_create(const char *name);

/* Destroy a VM. It must not be running or active. */
void vm_destroy(struct vm *vm);

/* VM `id`, or NULL if there is none. */
struct vm *vm_get(unsigned int id);

/*
 * True if [ipa, ipa + size) lies in the VM's slot or in its mailbox, where EL2 may
 * read and write on its behalf.
 */
bool vm_owns(const struct vm *vm, uint64_t ipa, uint64_t size);

#endif
