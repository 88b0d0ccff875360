// SPDX-License-Identifier: MIT
/*
 * The allocator of Linux's ASIDs and KVM's VMIDs, in its simplest form: an identifier is
 * never freed. When all have been given away, a new generation begins.
 */
#include "vmid.h"

#include <stdbool.h>

#include "barrier.h"
#include "guest.h"
#include "stage2.h"

#define TAG(generation, vmid)	((generation) << 8 | (vmid))

static struct lock lock = LOCK_INIT(LOCK_VMID);
static uint64_t generation = 1;
static unsigned int next_vmid = 1;
static bool reserved[VMID_COUNT + 1];	/* in use on a core when this generation began */

/* The tag that each core runs with; 0: none, or a generation has begun since it was loaded. */
static uint64_t active[CORES_MAX];
/* The tag that it ran with when the generation began, and may still run with; 0: none. */
static uint64_t kept[CORES_MAX];

static uint64_t tag_of(const struct guest *guest)
{
	return TAG(__atomic_load_n(&guest->memory.vmid.generation, __ATOMIC_ACQUIRE),
		   __atomic_load_n(&guest->vm.s2.vmid, __ATOMIC_RELAXED));
}

/*
 * All VMIDs become free, except those that cores run with now. A core whose entry is taken
 * here has run since the last generation began; the others still run with what they kept.
 */
static void begin_generation(void)
{
	__atomic_store_n(&generation, generation + 1, __ATOMIC_RELEASE);
	for (unsigned int vmid = 0; vmid <= VMID_COUNT; vmid++)
		reserved[vmid] = false;
	for (unsigned int n = 0; n < CORES_MAX; n++) {
		uint64_t tag = __atomic_exchange_n(&active[n], 0, __ATOMIC_ACQ_REL);

		if (tag)
			kept[n] = tag;
		reserved[kept[n] & VMID_COUNT] = true;
	}
	next_vmid = 1;
	/*
	 * No TLB may hold translations of a VMID's previous owner. Lines of an instruction cache
	 * do not belong to a VMID, except in one that is VPIPT (CTR_EL0.L1Ip), which Arm
	 * has withdrawn.
	 */
	dsb(ishst);
	__asm__ volatile("tlbi alle1is" ::: "memory");
	dsb(ish);
	isb();
}

/* The next VMID that is not reserved, or 0. */
static unsigned int take_next(void)
{
	while (next_vmid <= VMID_COUNT && reserved[next_vmid])
		next_vmid++;
	return next_vmid <= VMID_COUNT ? next_vmid++ : 0;
}

/*
 * True if a core may still run the VM with its old VMID: then the VM keeps that VMID, and
 * these cores' tags become those of this generation.
 */
static bool keeps_old(const struct guest *guest)
{
	bool found = false;

	if (!guest->memory.vmid.generation)
		return false;		/* it never had one */
	for (unsigned int n = 0; n < CORES_MAX; n++) {
		if (kept[n] != tag_of(guest))
			continue;
		kept[n] = TAG(generation, guest->vm.s2.vmid);
		found = true;
	}
	return found;
}

static void renew(struct guest *guest)
{
	unsigned int vmid = 0;

	if (!keeps_old(guest)) {
		vmid = take_next();
		if (!vmid) {
			begin_generation();
			if (!keeps_old(guest))
				vmid = take_next();
		}
	}
	if (vmid)
		__atomic_store_n(&guest->vm.s2.vmid, vmid, __ATOMIC_RELAXED);
	__atomic_store_n(&guest->memory.vmid.generation, generation, __ATOMIC_RELEASE);
}

/*
 * Without the lock: the VM's VMID is of this generation, and no generation began between
 * that look and the exchange, because begin_generation() would have taken the core's entry.
 */
static bool load_fast(struct guest *guest, uint64_t *entry)
{
	uint64_t old = __atomic_load_n(entry, __ATOMIC_RELAXED), tag = tag_of(guest);

	return old &&
	       tag >> 8 == __atomic_load_n(&generation, __ATOMIC_ACQUIRE) &&
	       (old == tag ||
		__atomic_compare_exchange_n(entry, &old, tag, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED));
}

uint64_t vmid_load(struct guest *guest)
{
	uint64_t *entry = &active[this_core()->number];

	if (!load_fast(guest, entry)) {
		lock_take(&lock);
		if (guest->memory.vmid.generation != generation)
			renew(guest);
		__atomic_store_n(entry, tag_of(guest), __ATOMIC_RELEASE);
		lock_release(&lock);
	}
	return s2_vttbr(&guest->vm.s2);
}

void vmid_unload(void)
{
	unsigned int n = this_core()->number;

	lock_take(&lock);
	active[n] = 0;
	kept[n] = 0;
	lock_release(&lock);
}

uint64_t vmid_generations(void)
{
	return generation;
}
