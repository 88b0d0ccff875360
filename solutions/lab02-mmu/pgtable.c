// SPDX-License-Identifier: MIT
#include "pgtable.h"

#include "barrier.h"
#include "error.h"
#include "page_pool.h"
#include "panic.h"

int pt_create(struct pgtable *pt, const struct pt_regime *regime,
	      unsigned int input_bits)
{
	*pt = (struct pgtable){ .regime = regime, .input_bits = input_bits };
	pt->root = page_alloc(regime->root_pages);
	return pt->root ? 0 : E_NO_MEMORY;
}

static void free_tables(uint64_t *table, unsigned int level, size_t pages)
{
	for (size_t i = 0; i < pages * PT_ENTRIES; i++)
		if (pt_is_table(table[i], level))
			free_tables((uint64_t *)(table[i] & PTE_ADDR), level + 1, 1);
	page_free(table, pages);
}

void pt_destroy(struct pgtable *pt)
{
	free_tables(pt->root, pt->regime->start_level, pt->regime->root_pages);
	pt->root = NULL;
}

static bool range_ok(const struct pgtable *pt, uint64_t addr, uint64_t size)
{
	uint64_t limit = BIT(pt->input_bits);

	return IS_ALIGNED(addr | size, PAGE_SIZE) && size > 0 &&
	       addr < limit && size <= limit - addr;
}

/*
 * Walk one table and the tables below it: visit the entries for [start, end), each
 * clipped to that range. Concatenated root tables count as one table of `entries`
 * entries.
 */
static int walk_table(struct pt_visit *v, uint64_t *table, unsigned int level,
		      size_t entries, uint64_t start, uint64_t end)
{
	/* HOLE(lab02.3): Visit each entry that is not a table; descend into tables. */
	uint64_t size = pt_entry_size(level);

	for (uint64_t next; start < end; start = next) {
		uint64_t *entry = &table[start / size % entries];
		int result;

		next = MIN(ALIGN_DOWN(start, size) + size, end);
		if (!pt_is_table(*entry, level)) {
			v->entry = entry;
			v->level = level;
			v->start = start;
			v->end = next;
			result = v->visit(v);
			if (result)
				return result;
		}
		if (pt_is_table(*entry, level)) {
			result = walk_table(v, (uint64_t *)(*entry & PTE_ADDR),
					    level + 1, PT_ENTRIES, start, next);
			if (result)
				return result;
		}
	}
	return 0;
	/* END(lab02.3) */
}

int pt_walk(struct pgtable *pt, uint64_t addr, uint64_t size,
	    int (*visit)(struct pt_visit *), void *arg)
{
	struct pt_visit v = { .pt = pt, .visit = visit, .arg = arg };

	return walk_table(&v, pt->root, pt->regime->start_level,
			  pt->regime->root_pages * PT_ENTRIES, addr, addr + size);
}

static int visit_find_mapping(struct pt_visit *v)
{
	/* Else the address of a table still has the type bits of its entry. */
	assert(IS_ALIGNED((uint64_t)v->entry, sizeof(*v->entry)));
	return *v->entry & PTE_VALID ? E_EXISTS : 0;
}

struct map_request {
	uint64_t pa_offset;	/* PA - address, constant over the range */
	uint64_t attributes;
};

/* Map this entry's part of the range, or put a table there if it is too coarse. */
static int visit_map(struct pt_visit *v)
{
	/* HOLE(lab02.3): A page, the largest block that fits, or a new table. */
	const struct map_request *request = v->arg;
	uint64_t size = pt_entry_size(v->level);
	uint64_t pa = v->start + request->pa_offset;
	bool whole = v->end - v->start == size && IS_ALIGNED(pa, size);
	uint64_t *table;

	if (v->level == PT_LAST_LEVEL) {
		*v->entry = pa | request->attributes | PTE_PAGE;
	} else if (size == BLOCK_2M && whole) {
		*v->entry = pa | request->attributes | PTE_BLOCK;
	} else {
		table = page_alloc(1);
		if (!table)
			return E_NO_MEMORY;
		/* A walker must not see the table before its zeros. */
		dsb(ishst);
		*v->entry = (uint64_t)table | PTE_TABLE;
	}
	return 0;
	/* END(lab02.3) */
}

int pt_map(struct pgtable *pt, uint64_t addr, uint64_t pa, uint64_t size,
	   unsigned int prot)
{
	/* HOLE(lab02.3): Check the arguments as the header says; map all or nothing. */
	struct map_request request = {
		.pa_offset = pa - addr,
		.attributes = pt->regime->attributes(prot),
	};
	int result;

	if (!range_ok(pt, addr, size) || !IS_ALIGNED(pa, PAGE_SIZE) ||
	    pa >= BIT(48) || size > BIT(48) - pa)
		return E_INVALID;
	result = pt_walk(pt, addr, size, visit_find_mapping, NULL);
	if (result)
		return result;

	result = pt_walk(pt, addr, size, visit_map, &request);
	if (result) {
		pt_unmap(pt, addr, size);
		return result;
	}
	/*
	 * The walkers must see the entries before the first access through
	 * them, which may be the next instruction.
	 */
	dsb(ishst);
	isb();
	return 0;
	/* END(lab02.3) */
}

/*
 * Replace a block by a table of pages with the same mapping. A change of size needs
 * break-before-make (Arm ARM, "Using break-before-make when updating translation
 * table entries"): a TLB that holds both the block and a page of it may use either,
 * or raise a TLB conflict abort.
 */
static int split_block(struct pt_visit *v)
{
	/* HOLE(lab02.3): Build the table of pages, then install it: break before make. */
	uint64_t block = *v->entry;
	uint64_t *table = page_alloc(1);

	if (!table)
		return E_NO_MEMORY;
	block = (block & ~PTE_TYPE) | PTE_PAGE;
	for (size_t i = 0; i < PT_ENTRIES; i++)
		table[i] = block + i * PAGE_SIZE;

	*v->entry = 0;
	v->pt->regime->invalidate(v->pt, v->start);
	*v->entry = (uint64_t)table | PTE_TABLE;
	dsb(ishst);	/* visible to the walkers before the next access */
	return 0;
	/* END(lab02.3) */
}

static int visit_unmap(struct pt_visit *v)
{
	/* HOLE(lab02.3): Clear a leaf inside the range; split a block that reaches out of it. */
	if (!(*v->entry & PTE_VALID))
		return 0;
	if (v->end - v->start < pt_entry_size(v->level))
		return split_block(v);	/* the walk continues in the table */
	*v->entry = 0;
	v->pt->regime->invalidate(v->pt, v->start);
	return 0;
	/* END(lab02.3) */
}

int pt_unmap(struct pgtable *pt, uint64_t addr, uint64_t size)
{
	if (!range_ok(pt, addr, size))
		return E_INVALID;
	return pt_walk(pt, addr, size, visit_unmap, NULL);
}

struct leaf {
	uint64_t entry;
	unsigned int level;
};

static int visit_lookup(struct pt_visit *v)
{
	struct leaf *leaf = v->arg;

	leaf->entry = *v->entry & PTE_VALID ? *v->entry : 0;
	leaf->level = v->level;
	return 0;
}

uint64_t pt_lookup(struct pgtable *pt, uint64_t addr, unsigned int *level)
{
	struct leaf leaf = { 0 };

	if (range_ok(pt, ALIGN_DOWN(addr, PAGE_SIZE), PAGE_SIZE))
		pt_walk(pt, ALIGN_DOWN(addr, PAGE_SIZE), PAGE_SIZE,
			visit_lookup, &leaf);
	if (level)
		*level = leaf.level;
	return leaf.entry;
}
