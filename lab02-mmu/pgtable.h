/* SPDX-License-Identifier: MIT */
/*
 * Translation tables, 4 KiB granule, of any regime: EL2's stage 1 here, the
 * VMs' stage 2 from lab 3 on. A struct pt_regime describes the differences.
 * Arm ARM, "Translation table walks".
 */
#ifndef PGTABLE_H
#define PGTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pte.h"

/* Permissions and type of a mapping. Reading is always allowed. */
#define PROT_W		BIT(0)		/* write */
#define PROT_X		BIT(1)		/* execute */
#define PROT_DEVICE	BIT(2)		/* Device-nGnRE, else Normal write-back */

struct pgtable;

struct pt_regime {
	const char *name;
	unsigned int start_level;	/* of the root table, 0 to 2 */
	unsigned int root_pages;	/* concatenated tables at the root */

	/* The attributes of a leaf with `prot`: all bits but address and type. */
	uint64_t (*attributes)(unsigned int prot);
	/* Invalidate TLB entries for the page or block at `addr`; complete on return. */
	void (*invalidate)(const struct pgtable *pt, uint64_t addr);
};

_Static_assert(offsetof(struct pt_regime, start_level) == 8 &&
	       offsetof(struct pt_regime, root_pages) == 12 &&
	       offsetof(struct pt_regime, attributes) == 16 &&
	       offsetof(struct pt_regime, invalidate) == 24,
	       "grader/labs/table_steps.py relies on this layout");

struct pgtable {
	const struct pt_regime *regime;
	uint64_t *root;			/* VA = PA */
	unsigned int input_bits;	/* addresses translated: below 2^input_bits */
	uint8_t vmid;			/* stage 2 only */
};

_Static_assert(sizeof(struct pgtable) <= 32,
	       "grader/labs/table_steps.py reserves 32 bytes");
_Static_assert(offsetof(struct pgtable, root) == 8 &&
	       offsetof(struct pgtable, input_bits) == 16,
	       "grader/report/mappings.py relies on this layout");

/*
 * One step of a walk: an entry that is not a table, and the part of the walked
 * range that it covers.
 */
struct pt_visit {
	struct pgtable *pt;
	int (*visit)(struct pt_visit *);
	uint64_t *entry;
	unsigned int level;
	uint64_t start, end;		/* [start, end) */
	void *arg;
};

/*
 * Bytes that an entry at `level` covers: 4 KiB at level 3, 2 MiB, 1 GiB, 512 GiB.
 */
static inline uint64_t pt_entry_size(unsigned int level)
{
	return PAGE_SIZE << (9 * (PT_LAST_LEVEL - level));
}

static inline bool pt_is_table(uint64_t entry, unsigned int level)
{
	return level < PT_LAST_LEVEL && (entry & PTE_TYPE) == PTE_TABLE;
}

/* Make an empty table. 0 or E_NO_MEMORY. */
int pt_create(struct pgtable *pt, const struct pt_regime *regime,
	      unsigned int input_bits);

/* Free all its pages. The hardware must no longer use them. */
void pt_destroy(struct pgtable *pt);

/*
 * Call visit() for each entry of [addr, addr + size) that is not a table, in
 * order. If visit() makes the entry a table, the walk descends into it. If visit()
 * returns anything but 0, the walk ends and returns that.
 */
int pt_walk(struct pgtable *pt, uint64_t addr, uint64_t size,
	    int (*visit)(struct pt_visit *), void *arg);

/*
 * Map [addr, addr + size) to [pa, pa + size): 2 MiB blocks where they fit, pages
 * elsewhere. All or nothing: E_INVALID (not page-aligned, empty, beyond
 * input_bits or beyond 48 bits of PA), E_EXISTS (part of it is mapped),
 * E_NO_MEMORY.
 */
int pt_map(struct pgtable *pt, uint64_t addr, uint64_t pa, uint64_t size,
	   unsigned int prot);

/*
 * Unmap what is mapped in [addr, addr + size); a block that reaches beyond it is
 * split first. On return the range is not accessible. E_INVALID, or E_NO_MEMORY (a
 * split needs a table), with the range unmapped up to that point.
 */
int pt_unmap(struct pgtable *pt, uint64_t addr, uint64_t size);

/* The leaf that maps `addr`, and its level; 0, an invalid entry, if none. */
uint64_t pt_lookup(struct pgtable *pt, uint64_t addr, unsigned int *level);

/* Print the mappings, one line for each run of equal attributes. Given. */
void pt_print(struct pgtable *pt);

#endif
