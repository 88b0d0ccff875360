// SPDX-License-Identifier: MIT
#include "pgtable.h"

#include "barrier.h"
#include "error.h"
#include "page_pool.h"
#include "panic.h"
#include "todo.h"

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
	/* TODO(lab02.3): Visit each entry that is not a table; descend into tables. */
	todo("lab02.3", "walk_table() in lab02-mmu/pgtable.c, read lab02-mmu/README.md#task-3");
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
	/* TODO(lab02.3): A page, the largest block that fits, or a new table. */
	todo("lab02.3", "visit_map() in lab02-mmu/pgtable.c, read lab02-mmu/README.md#task-3");
	/* END(lab02.3) */
}

int pt_map(struct pgtable *pt, uint64_t addr, uint64_t pa, uint64_t size,
	   unsigned int prot)
{
	/* TODO(lab02.3): Check the arguments as the header says; map all or nothing. */
	todo("lab02.3", "pt_map() in lab02-mmu/pgtable.c, read lab02-mmu/README.md#task-3");
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
	/* TODO(lab02.3): Build the table of pages, then install it: break before make. */
	todo("lab02.3", "split_block() in lab02-mmu/pgtable.c, read lab02-mmu/README.md#task-3");
	/* END(lab02.3) */
}

static int visit_unmap(struct pt_visit *v)
{
	/* TODO(lab02.3): Clear a leaf inside the range; split a block that reaches out of it. */
	todo("lab02.3", "visit_unmap() in lab02-mmu/pgtable.c, read lab02-mmu/README.md#task-3");
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
