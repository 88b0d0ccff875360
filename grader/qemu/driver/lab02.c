// SPDX-License-Identifier: MIT
/* For the contracts of tables: their own regime, a dump of tables, a small pool. */
#include "driver.h"

#include "barrier.h"
#include "el2_mmu.h"
#include "page_pool.h"
#include "pgtable.h"
#include "platform.h"
#include "probe.h"
#include "sysreg.h"

#define TABLES_MAX	600	/* limits a table that contains itself */
#define KINDS		8	/* values of `prot` */

/* The attributes of this regime for each `prot`: arbitrary bits. */
static uint64_t attributes_of[KINDS];

void contract_set_attributes(const uint64_t attributes[KINDS]);
uint64_t contract_attributes(unsigned int prot);
uint64_t contract_el2_attributes(unsigned int prot);
void contract_invalidate(const struct pgtable *pt, uint64_t addr);
int contract_visit(struct pt_visit *v);
void contract_drain(size_t left);
void contract_refill(void);

void contract_set_attributes(const uint64_t attributes[KINDS])
{
	for (size_t i = 0; i < KINDS; i++)
		attributes_of[i] = attributes[i];
}

uint64_t contract_attributes(unsigned int prot)
{
	return attributes_of[prot % KINDS];
}

uint64_t contract_el2_attributes(unsigned int prot)
{
	return el2_regime.attributes(prot);
}

static bool in_ram(uint64_t table)
{
	return table >= RAM_BASE && table < LOG_END;
}

/*
 * The regime's invalidate(): record the current entry for `addr`, which break before
 * make requires to be invalid. Then do what any invalidate() must do.
 */
void contract_invalidate(const struct pgtable *pt, uint64_t addr)
{
	const uint64_t *table = pt->root;
	size_t entries = pt->regime->root_pages * PT_ENTRIES;
	unsigned int level = pt->regime->start_level;
	uint64_t entry;

	for (;;) {
		entry = table[addr / pt_entry_size(level) % entries];
		if (!pt_is_table(entry, level) || !in_ram(entry & PTE_ADDR))
			break;
		table = (const uint64_t *)(entry & PTE_ADDR);
		entries = PT_ENTRIES;
		level++;
	}
	record(RECORD_INVALIDATE, (const uint64_t[]){ addr, level, entry }, 3);
	dsb(ishst);
	__asm__ volatile("tlbi alle2is" ::: "memory");
	dsb(ish);
	isb();
}

static unsigned int tables_seen;

static void record_table(const uint64_t *table, unsigned int level, size_t entries)
{
	static uint64_t words[2 + 2 * 16 * PT_ENTRIES];
	size_t count = 0;

	words[count++] = (uint64_t)table;
	words[count++] = entries;
	for (size_t i = 0; i < entries; i++) {
		if (!table[i])
			continue;
		words[count++] = i;
		words[count++] = table[i];
	}
	record(RECORD_TABLE, words, count);
	for (size_t i = 0; i < entries; i++)
		if (pt_is_table(table[i], level) && in_ram(table[i] & PTE_ADDR) &&
		    ++tables_seen < TABLES_MAX)
			record_table((const uint64_t *)(table[i] & PTE_ADDR),
				     level + 1, PT_ENTRIES);
}

void contract_tables(const struct pgtable *pt)
{
	tables_seen = 0;
	record_table(pt->root, pt->regime->start_level,
		     pt->regime->root_pages * PT_ENTRIES);
}

/* What contract_visit() does. */
struct visit_plan {
	uint64_t stops;		/* end the walk at this one; 0: never */
	uint64_t tables;	/* put tables into this many entries above level 3 */
	uint64_t result;
};

/* A callback of a walk that records each stop. v->arg is its plan. */
int contract_visit(struct pt_visit *v)
{
	struct visit_plan *plan = v->arg;

	record(RECORD_VISIT, (const uint64_t[]){ v->start, v->end, v->level, *v->entry }, 4);
	if (plan->stops && --plan->stops == 0)
		return (int)plan->result;
	if (plan->tables && v->level < PT_LAST_LEVEL && !(*v->entry & PTE_VALID)) {
		plan->tables--;
		*v->entry = (uint64_t)page_alloc(1) | PTE_TABLE;
	}
	return 0;
}

struct result contract_controls(uint64_t junk);

/* Return MAIR_EL2 and TCR_EL2 as set up, with `junk` in them before. The MMU must be off. */
struct result contract_controls(uint64_t junk)
{
	write_sysreg(mair_el2, junk);
	write_sysreg(tcr_el2, junk);
	el2_translation_control();
	return (struct result){ read_sysreg(mair_el2), read_sysreg(tcr_el2) };
}

void contract_mmu_on(void);

/*
 * Turn the MMU on without code of lab 2: identity-mapped blocks of 1 GiB, for devices
 * and for memory. Then EL2's own table is not in use.
 */
void contract_mmu_on(void)
{
	static uint64_t root[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
	const uint64_t leaf = PTE_BLOCK | PTE_AF | S1_AP_RES1;

	root[0] = leaf | S1_XN | FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE);
	root[1] = RAM_BASE | leaf | PTE_SH_INNER;
	write_sysreg(mair_el2, MAIR_ATTR(MAIR_INDEX_NORMAL, MAIR_NORMAL_WB) |
		     MAIR_ATTR(MAIR_INDEX_DEVICE, MAIR_DEVICE_nGnRE));
	write_sysreg(tcr_el2, TCR_EL2_RES1 | FIELD_PREP(TCR_T0SZ, 64 - HYP_VA_BITS) |
		     FIELD_PREP(TCR_EL2_PS, cpu_pa_range()));
	write_sysreg(ttbr0_el2, root);
	dsb(sy);
	isb();
	write_sysreg(sctlr_el2, read_sysreg(sctlr_el2) | SCTLR_ELx_M |
		     SCTLR_ELx_C | SCTLR_ELx_I);
	isb();
}

struct result contract_look(uint64_t va);

/* Return the word at `va` and 0, or ESR_EL2 of the fault and 1. */
struct result contract_look(uint64_t va)
{
	struct probe probe = probe_read(va);

	if (probe.esr)
		return (struct result){ probe.esr, 1 };
	return (struct result){ *(const volatile uint64_t *)va, 0 };
}

static uint64_t *drained[POOL_PAGES];
static size_t drained_count;

/* Take pages from the pool until only `left` are free. */
void contract_drain(size_t left)
{
	uint64_t *page;

	while (page_count_free() > left && (page = page_alloc(1)))
		drained[drained_count++] = page;
}

/* Give all of them back. */
void contract_refill(void)
{
	while (drained_count)
		page_free(drained[--drained_count], 1);
}

const void *const lab02_functions[] = {
	contract_set_attributes, contract_attributes, contract_invalidate,
	contract_tables, contract_visit, contract_drain, contract_refill,
	contract_look, contract_mmu_on, contract_el2_attributes,
	contract_controls,
	pt_create, pt_destroy, pt_walk, pt_map, pt_unmap, pt_lookup,
	page_alloc, page_free, page_count_free,
	el2_mmu_init, el2_mmu_enable, el2_map, el2_unmap, el2_remap_page,
	el2_pgtable, cpu_pa_bits, cpu_pa_range,
};
