// SPDX-License-Identifier: MIT
/*
 * Regions of a VM's memory. What backs them is in the stage-2 tables alone: blocks of 2 MiB
 * where they fit, pages elsewhere, each of frames that are the VM's own.
 */
#include "region.h"

#include "cache.h"
#include "error.h"
#include "frames.h"
#include "guest.h"
#include "page_pool.h"
#include "stage2.h"
#include "string.h"

/* The page or block of stage 2 that maps `ipa`, and its size. 0 if none does. */
static uint64_t leaf_at(struct guest *guest, uint64_t ipa, uint64_t *size)
{
	unsigned int level;
	uint64_t leaf = pt_lookup(&guest->vm.s2, ipa, &level);

	*size = leaf ? pt_entry_size(level) : PAGE_SIZE;
	return leaf & PTE_ADDR;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

bool memory_overlaps(const struct guest *guest, uint64_t ipa, uint64_t size)
{
	for (unsigned int i = 0; i < guest->memory.count; i++)
		if (overlap(ipa, size, guest->memory.region[i].ipa, guest->memory.region[i].size))
			return true;
	return false;
}

static bool overlaps_device(const struct guest *guest, uint64_t ipa, uint64_t size)
{
	for (const struct aperture *a = guest->vm.apertures; a; a = a->next)
		if (overlap(ipa, size, a->ipa, a->size))
			return true;
	return false;
}

static int check(const struct guest *guest, uint64_t ipa, uint64_t size)
{
	uint64_t limit = BIT(s2_ipa_bits()), before = MIN(ipa, PAGE_SIZE);

	if (!size || !IS_ALIGNED(ipa | size, PAGE_SIZE) || ipa >= limit || size > limit - ipa)
		return E_INVALID;
	/* A page on either side stays free. At IPA 0 there is none before. */
	if (memory_overlaps(guest, ipa - before, before + size + PAGE_SIZE) ||
	    overlaps_device(guest, ipa, size))
		return E_EXISTS;
	return guest->memory.count == REGIONS_MAX ? E_NO_MEMORY : 0;
}

/*
 * Map new frames at `ipa`, at most `size` bytes: a block, or the pages up to the next block,
 * or one page if memory is in pieces. Return how many bytes, or E_NO_MEMORY.
 */
static int64_t add_some(struct guest *guest, uint64_t ipa, uint64_t size)
{
	uint64_t part = MIN(size, BLOCK_2M - ipa % BLOCK_2M);
	uint64_t pa = frames_alloc(part);

	if (!pa) {
		part = PAGE_SIZE;
		pa = frames_alloc(part);
	}
	if (!pa)
		return E_NO_MEMORY;
	if (s2_map(&guest->vm.s2, ipa, pa, part, PROT_W | PROT_X)) {
		frames_free(pa, part);
		return E_NO_MEMORY;
	}
	return part;
}

/*
 * Unmap up to the end of a page or block, or of `size`; then no vCPU on any core reaches it:
 * pt_unmap() broadcasts the invalidation and waits until it is complete. Only after that
 * the frames are free. Return how many bytes, or E_NO_MEMORY: a block could not be split.
 */
static int64_t remove_some(struct guest *guest, uint64_t ipa, uint64_t size)
{
	uint64_t leaf_size, leaf = leaf_at(guest, ipa, &leaf_size);
	uint64_t offset = ipa % leaf_size, part = MIN(size, leaf_size - offset);

	if (!leaf)
		return part;
	if (s2_unmap(&guest->vm.s2, ipa, part))
		return E_NO_MEMORY;
	frames_free(leaf + offset, part);
	return part;
}

/*
 * If `entry` points to a table, free the tables on the way from there to `ipa` that map nothing
 * any more. Until the invalidation is complete a walk of another core may be in such a table.
 */
static void free_empty_tables(struct pgtable *s2, uint64_t *entry, unsigned int level,
			      uint64_t ipa)
{
	uint64_t *table = (uint64_t *)(*entry & PTE_ADDR);

	if (!pt_is_table(*entry, level))
		return;
	level++;
	free_empty_tables(s2, &table[ipa / pt_entry_size(level) % PT_ENTRIES], level, ipa);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		if (table[i])
			return;
	*entry = 0;
	s2->regime->invalidate(s2, ipa);
	page_free(table, 1);
}

/*
 * Else a VM could use up all frames for tables by MAP and UNMAP of one page everywhere, since
 * its quota does not count tables.
 */
static void forget_tables(struct guest *guest, uint64_t ipa, uint64_t size)
{
	struct pgtable *s2 = &guest->vm.s2;
	unsigned int level = s2->regime->start_level;

	for (uint64_t at = ALIGN_DOWN(ipa, BLOCK_2M); at < ipa + size; at += BLOCK_2M)
		free_empty_tables(s2, &s2->root[at / pt_entry_size(level)], level, at);
}

/* Remove [ipa, ipa + size). Return how many bytes of it. */
static uint64_t remove_all(struct guest *guest, uint64_t ipa, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		int64_t part = remove_some(guest, ipa + done, size - done);

		if (part < 0)
			break;
		done += part;
	}
	return done;
}

static int add(struct guest *guest, uint64_t ipa, uint64_t size, bool asked)
{
	int error = check(guest, ipa, size);
	uint64_t done = 0;

	if (error)
		return error;
	while (done < size) {
		int64_t part = add_some(guest, ipa + done, size - done);

		if (part < 0) {
			remove_all(guest, ipa, done);	/* whole leaves, so it cannot fail */
			forget_tables(guest, ipa, done + PAGE_SIZE);
			return part;
		}
		done += part;
	}
	/* Instruction caches may hold what the frames' last owner executed. */
	icache_invalidate_all();
	guest->memory.region[guest->memory.count++] = (struct region){ ipa, size, asked };
	return 0;
}

int memory_add(struct guest *guest, uint64_t ipa, uint64_t size)
{
	int error;

	lock_take(&guest->memory.lock);
	error = add(guest, ipa, size, false);
	lock_release(&guest->memory.lock);
	return error;
}

static struct region *find(struct guest *guest, uint64_t ipa, uint64_t size)
{
	for (unsigned int i = 0; i < guest->memory.count; i++) {
		struct region *region = &guest->memory.region[i];

		if (range_inside(ipa, size, region->ipa, region->size))
			return region;
	}
	return NULL;
}

bool memory_has(const struct guest *guest, uint64_t ipa, uint64_t size)
{
	return find((struct guest *)guest, ipa, size);
}

bool memory_is_at(struct guest *guest, uint64_t ipa)
{
	uint64_t size;
	bool found;

	lock_take(&guest->memory.lock);
	found = leaf_at(guest, ipa, &size);
	lock_release(&guest->memory.lock);
	return found;
}

int memory_give(struct guest *guest, uint64_t ipa, uint64_t pa, uint64_t size)
{
	int error = 0;

	if (!size || !IS_ALIGNED(ipa | pa | size, BLOCK_2M))
		return E_INVALID;
	lock_take(&guest->memory.lock);
	if (!find(guest, ipa, size))
		error = E_NOT_FOUND;
	else if (remove_all(guest, ipa, size) != size)
		error = E_NO_MEMORY;
	else
		error = s2_map(&guest->vm.s2, ipa, pa, size, PROT_W | PROT_X);
	lock_release(&guest->memory.lock);
	icache_invalidate_all();
	return error;
}

int memory_write(struct guest *guest, uint64_t ipa, const void *from, uint64_t size)
{
	const char *bytes = from;

	if (!memory_has(guest, ipa, size))
		return E_FAULT;
	while (size) {
		uint64_t leaf_size, leaf = leaf_at(guest, ipa, &leaf_size);
		uint64_t offset = ipa % leaf_size, part = MIN(size, leaf_size - offset);
		void *to = (void *)(leaf + offset);

		if (!leaf)
			return E_FAULT;
		memcpy(to, bytes, part);
		cache_clean_invalidate(to, part);
		ipa += part;
		bytes += part;
		size -= part;
	}
	icache_invalidate_all();
	return 0;
}

int memory_map(struct guest *guest, uint64_t ipa, uint64_t size)
{
	struct memory *memory = &guest->memory;
	int error = E_NO_MEMORY;

	lock_take(&memory->lock);
	if (size <= memory->quota)
		error = add(guest, ipa, size, true);
	if (!error)
		memory->quota -= size;
	lock_release(&memory->lock);
	return error;
}

/* [ipa, ipa + size) of `region` is gone: what is left of it are two, one or no regions. */
static void carve(struct memory *memory, struct region *region, uint64_t ipa, uint64_t size)
{
	struct region after = { ipa + size, region->ipa + region->size - (ipa + size), true };

	region->size = ipa - region->ipa;
	if (after.size && region->size)
		memory->region[memory->count++] = after;
	else if (after.size)
		*region = after;
	else if (!region->size)
		*region = memory->region[--memory->count];
}

static int unmap(struct guest *guest, uint64_t ipa, uint64_t size)
{
	struct memory *memory = &guest->memory;
	struct region *region = find(guest, ipa, size);
	uint64_t done;

	if (!size || !IS_ALIGNED(ipa | size, PAGE_SIZE))
		return E_INVALID;
	if (!region || !region->asked)
		return E_NOT_FOUND;
	if (memory->count == REGIONS_MAX && ipa > region->ipa &&
	    ipa + size < region->ipa + region->size)
		return E_NO_MEMORY;	/* it would become two */
	done = remove_all(guest, ipa, size);
	forget_tables(guest, ipa, done);
	memory->quota += done;
	if (done)
		carve(memory, region, ipa, done);
	return done == size ? 0 : E_NO_MEMORY;
}

int memory_unmap(struct guest *guest, uint64_t ipa, uint64_t size)
{
	int error;

	lock_take(&guest->memory.lock);
	error = unmap(guest, ipa, size);
	lock_release(&guest->memory.lock);
	return error;
}

/* Call visit(pa, size) for every page and block of a region. */
static void for_each_leaf(struct guest *guest, const struct region *region,
			  void (*visit)(uint64_t pa, uint64_t size))
{
	uint64_t size;

	for (uint64_t at = 0; at < region->size; at += size) {
		uint64_t leaf = leaf_at(guest, region->ipa + at, &size);

		if (leaf)
			visit(leaf, size);
	}
}

void memory_reset(struct guest *guest)
{
	struct memory *memory = &guest->memory;

	lock_take(&memory->lock);
	for (unsigned int i = 0; i < memory->count;) {
		struct region *region = &memory->region[i];

		if (region->asked) {
			memory->quota += region->size;
			remove_all(guest, region->ipa, region->size);
			forget_tables(guest, region->ipa, region->size);
			*region = memory->region[--memory->count];
			continue;
		}
		for_each_leaf(guest, region, frames_wipe);
		i++;
	}
	lock_release(&memory->lock);
}

void memory_free(struct guest *guest)
{
	/*
	 * No core has its VMID loaded, and no VM gets that VMID before the next generation's
	 * invalidation. So there is nothing to invalidate here.
	 */
	for (unsigned int i = 0; i < guest->memory.count; i++)
		for_each_leaf(guest, &guest->memory.region[i], frames_free);
	guest->memory.count = 0;
	pt_destroy(&guest->vm.s2);
}
