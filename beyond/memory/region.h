/* SPDX-License-Identifier: MIT */
/*
 * A VM's memory: regions of its IPA space, each backed by frames of its own. IPA and PA
 * differ. Between two regions that a VM did not describe as one there is always a page
 * that nothing is mapped to. Also here: vm_create(), vm_destroy(), vm_get() and
 * vm_owns() of lab 3's vm.h.
 */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "lock.h"
#include "vmid.h"

#define REGIONS_MAX	16

struct region {
	uint64_t ipa, size;	/* bytes, multiples of 4 KiB */
	bool asked;		/* by MAP: counts against the quota, may be unmapped */
};

struct memory {
	struct lock lock;	/* of the regions and of stage 2 */
	struct region region[REGIONS_MAX];
	unsigned int count;
	uint64_t quota;		/* bytes that MAP may still add */
	struct vmid vmid;
};

struct guest;

/*
 * Give the VM the region [ipa, ipa + size) of new, zero frames, in 2 MiB blocks where
 * ipa and size allow. 0; E_INVALID (not page-aligned, empty, beyond the IPA space),
 * E_EXISTS (overlaps a region or an aperture, or touches a region), E_NO_MEMORY.
 */
int memory_add(struct guest *guest, uint64_t ipa, uint64_t size);

/*
 * Replace the frames of [ipa, ipa + size) of a region by those at `pa`, which the
 * caller owns and gives away; the old ones are freed. ipa, pa and size are multiples of
 * 2 MiB. How a member of the bundle becomes memory of a VM without a copy. 0, E_INVALID,
 * E_NOT_FOUND (not in one region), E_NO_MEMORY.
 */
int memory_give(struct guest *guest, uint64_t ipa, uint64_t pa, uint64_t size);

/*
 * Copy to the VM's memory, and make it visible to a guest whose caches are off and to
 * its instruction fetches. 0, or E_FAULT if a byte is not in a region; then part may have
 * been written. `from` may be unaligned.
 */
int memory_write(struct guest *guest, uint64_t ipa, const void *from, uint64_t size);

/*
 * True if [ipa, ipa + size) is inside of one region. Without the lock that may change at any
 * time: then it is good for a check whose error the guest would only notice later.
 */
bool memory_has(const struct guest *guest, uint64_t ipa, uint64_t size);

/* True if there is memory at `ipa` now. Waits while a call of the VM changes its memory. */
bool memory_is_at(struct guest *guest, uint64_t ipa);

/*
 * The hypercalls. MAP adds a region as memory_add() does, within the VM's quota. UNMAP
 * takes away [ipa, ipa + size) of one region that MAP made: on return no vCPU on any core can
 * access it, and its frames, and tables that map nothing any more, are free and zero. 0;
 * E_INVALID, E_EXISTS, E_NO_MEMORY (frames, quota, or REGIONS_MAX), E_NOT_FOUND (what MAP did
 * not make). Nothing has changed then, but for E_NO_MEMORY of UNMAP: a first part may be gone.
 */
int memory_map(struct guest *guest, uint64_t ipa, uint64_t size);
int memory_unmap(struct guest *guest, uint64_t ipa, uint64_t size);

/* True if [ipa, ipa + size) and a region have a byte in common. */
bool memory_overlaps(const struct guest *guest, uint64_t ipa, uint64_t size);

/* The VM is over: free all its frames and its tables. No core has it loaded. */
void memory_free(struct guest *guest);

/* Zero all memory and drop what MAP added: the VM is about to boot again. */
void memory_reset(struct guest *guest);

#endif
