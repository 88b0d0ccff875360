// SPDX-License-Identifier: MIT
#include "selftest.h"

#include "barrier.h"
#include "el2_mmu.h"
#include "error.h"
#include "esr.h"
#include "page_pool.h"
#include "platform.h"
#include "printf.h"
#include "probe.h"
#include "say.h"
#include "sysreg.h"

extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[], bss_end[];
extern char stack_bottom[], stack_top[], emergency_stack_top[];

/* Addresses that nothing uses, below RAM and above the devices. */
#define SCRATCH_VA	U64(0x3000000000)
#define SCRATCH_BLOCK	U64(0x3000200000)
#define UNUSED_BLOCK	U64(0x3000600000)	/* no table below it yet */

static uint64_t page_a[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t page_b[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static void report(const char *what, struct probe probe)
{
	say("test", "%s: ", what);
	if (!probe.esr)
		printf("done\n");
	else if (esr_fsc_has_level(probe.esr))
		printf("%s, level %lu\n", esr_fsc_name(probe.esr),
		       FIELD_GET(FSC_LEVEL, probe.esr));
	else
		printf("%s\n", esr_fsc_name(probe.esr));
}

void selftest_protection(void)
{
	/* A function that only returns, so that executing it is harmless. */
	static const uint32_t ret_rodata __attribute__((aligned(4))) = 0xd65f03c0;
	static uint32_t ret_data __attribute__((aligned(4))) = 0xd65f03c0;

	report("read text", probe_read((uint64_t)text_start));
	report("write text", probe_write((uint64_t)text_start));
	report("write rodata", probe_write((uint64_t)&ret_rodata));
	report("execute rodata", probe_exec((uint64_t)&ret_rodata));
	report("write data", probe_write((uint64_t)&ret_data));
	report("execute data", probe_exec((uint64_t)&ret_data));
	report("execute the UART", probe_exec(UART_BASE));

	report("read the guard after text", probe_read((uint64_t)text_end));
	report("read the guard after rodata", probe_read((uint64_t)rodata_end));
	report("read the guard after data", probe_read((uint64_t)data_end));
	report("read the guard after bss", probe_read((uint64_t)bss_end));
	report("read the guard below the stack",
	       probe_read((uint64_t)stack_bottom - 1));
	report("read the guard above the stack", probe_read((uint64_t)stack_top));
	report("read past the image",
	       probe_read((uint64_t)emergency_stack_top));
	report("read address 0", probe_read(0));
	report("read beyond the address size", probe_read(BIT(HYP_VA_BITS)));
}

static void report_at(const char *what, uint64_t va)
{
	uint64_t par;

	__asm__ volatile("at s1e2r, %0" :: "r"(va));
	isb();		/* PAR_EL1 has the result only after this */
	par = read_sysreg(par_el1);
	if (par & PAR_EL1_F)
		say("test", "AT S1E2R %s: fault, status 0x%02lx\n", what,
		    FIELD_GET(PAR_EL1_FST, par));
	else
		say("test", "AT S1E2R %s: PA is VA: %s, attributes 0x%02lx\n",
		    what, (par & PAR_EL1_PA) == ALIGN_DOWN(va, PAGE_SIZE) ?
		    "yes" : "no", FIELD_GET(PAR_EL1_ATTR, par));
}

void selftest_address_translation(void)
{
	report_at("text", (uint64_t)text_start);
	report_at("stack", (uint64_t)stack_bottom);
	report_at("UART", UART_BASE);
	report_at("guard", (uint64_t)text_end);
}

static const char *yes(bool fact)
{
	return fact ? "yes" : "no";
}

void selftest_control(void)
{
	uint64_t tcr = read_sysreg(tcr_el2), mair = read_sysreg(mair_el2);

	say("test", "TCR_EL2: RES1 set: %s, T0SZ for %d bits of VA: %s, PS is the core's: %s\n",
	    yes((tcr & TCR_EL2_RES1) == TCR_EL2_RES1), HYP_VA_BITS,
	    yes(FIELD_GET(TCR_T0SZ, tcr) == 64 - HYP_VA_BITS),
	    yes(FIELD_GET(TCR_EL2_PS, tcr) == cpu_pa_range()));
	say("test", "TCR_EL2: 4 KiB granule: %s, walks write-back and inner shareable: %s\n",
	    yes(!(tcr & GENMASK(15, 14))),
	    yes((tcr & GENMASK(13, 8)) ==
		(TCR_SH0_INNER | TCR_ORGN0_WBWA | TCR_IRGN0_WBWA)));
	say("test", "MAIR_EL2: normal 0x%02lx, device 0x%02lx\n",
	    mair >> 8 * MAIR_INDEX_NORMAL & 0xff,
	    mair >> 8 * MAIR_INDEX_DEVICE & 0xff);
}

void selftest_enabled(void)
{
	uint64_t sctlr = read_sysreg(sctlr_el2);

	say("mmu", "SCTLR_EL2: M %s, C %s, I %s, WXN %s, RES1 %s\n",
	    yes(sctlr & SCTLR_ELx_M), yes(sctlr & SCTLR_ELx_C),
	    yes(sctlr & SCTLR_ELx_I), yes(sctlr & SCTLR_ELx_WXN),
	    yes((sctlr & SCTLR_EL2_RES1) == SCTLR_EL2_RES1));
}

void selftest_descriptors(void)
{
	static const struct {
		const char *name;
		unsigned int prot;
	} kinds[] = {
		{ "R--", 0 }, { "RW-", PROT_W }, { "R-X", PROT_X },
		{ "device RW-", PROT_W | PROT_DEVICE },
		{ "device R-X", PROT_X | PROT_DEVICE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		say("test", "attributes of %s: 0x%016lx\n", kinds[i].name,
		    el2_regime.attributes(kinds[i].prot));
}

/* A regime for tables that no hardware walks, so that tasks 2 and 6 are not needed. */
static uint64_t plain_attributes(unsigned int prot)
{
	return PTE_AF | prot << 2;
}

static unsigned int forgotten;

static void count_invalidate(const struct pgtable *pt, uint64_t addr)
{
	(void)pt;
	(void)addr;
	forgotten++;
}

static const struct pt_regime plain_regime = {
	.name = "plain",
	.start_level = 1,
	.root_pages = 1,
	.attributes = plain_attributes,
	.invalidate = count_invalidate,
};

static void refusals(struct pgtable *pt)
{
	uint64_t pa = RAM_BASE, va = SCRATCH_VA;
	int error;

	say("test", "map an unaligned address: %s\n",
	    error_name(pt_map(pt, va + 8, pa, PAGE_SIZE, 0)));
	say("test", "map an unaligned size: %s\n",
	    error_name(pt_map(pt, va, pa, PAGE_SIZE + 1, 0)));
	say("test", "map to an unaligned PA: %s\n",
	    error_name(pt_map(pt, va, pa + 8, PAGE_SIZE, 0)));
	say("test", "map to a PA beyond 48 bits: %s\n",
	    error_name(pt_map(pt, va, BIT(48), PAGE_SIZE, 0)));
	say("test", "map nothing: %s\n",
	    error_name(pt_map(pt, va, pa, 0, 0)));
	say("test", "map beyond the address size: %s\n",
	    error_name(pt_map(pt, BIT(pt->input_bits), pa, PAGE_SIZE, 0)));
	say("test", "map across the end of it: %s\n",
	    error_name(pt_map(pt, BIT(pt->input_bits) - PAGE_SIZE, pa,
			      2 * PAGE_SIZE, 0)));
	say("test", "unmap an unaligned address: %s\n",
	    error_name(pt_unmap(pt, va + 8, PAGE_SIZE)));

	pt_map(pt, va + PAGE_SIZE, pa, PAGE_SIZE, 0);
	error = pt_map(pt, va, pa, 2 * PAGE_SIZE, 0);
	say("test", "map over a range that is half in use: %s, its free half is mapped: %s\n",
	    error_name(error), yes(pt_lookup(pt, va, NULL)));
	pt_unmap(pt, va + PAGE_SIZE, PAGE_SIZE);

}

/* Map two pages that need three tables, with only `left` pages in the pool. */
static void shortage(struct pgtable *pt, size_t left)
{
	uint64_t va = SCRATCH_BLOCK + BIT(30) - PAGE_SIZE, *hoard = NULL;
	int error;

	/* Take the rest of the pool; the chain is for giving it back. */
	while (page_count_free() > left) {
		uint64_t *page = page_alloc(1);

		page[0] = (uint64_t)hoard;
		hoard = page;
	}
	error = pt_map(pt, va, RAM_BASE, 2 * PAGE_SIZE, 0);
	for (uint64_t *next; hoard; hoard = next) {
		next = (uint64_t *)hoard[0];
		page_free(hoard, 1);
	}
	say("test", "map with %lu of 3 pages left for tables: %s, half of it is mapped: %s\n",
	    left, error_name(error), yes(pt_lookup(pt, va, NULL)));
}

void selftest_tables(void)
{
	uint64_t va = SCRATCH_BLOCK - PAGE_SIZE;
	uint64_t pa = RAM_BASE + BLOCK_2M - PAGE_SIZE;
	size_t before = page_count_free();
	unsigned int level[3];
	uint64_t type[3];
	struct pgtable pt;
	int error;

	if (pt_create(&pt, &plain_regime, HYP_VA_BITS)) {
		say("test", "no page for a table\n");
		return;
	}
	error = pt_map(&pt, va, pa, BLOCK_2M + 2 * PAGE_SIZE, PROT_W);
	type[0] = pt_lookup(&pt, va, &level[0]) & PTE_TYPE;
	type[1] = pt_lookup(&pt, SCRATCH_BLOCK, &level[1]) & PTE_TYPE;
	type[2] = pt_lookup(&pt, SCRATCH_BLOCK + BLOCK_2M, &level[2]) & PTE_TYPE;
	say("test", "map page, 2 MiB, page: %s, at levels %u, %u, %u, type bits %lu, %lu, %lu\n",
	    error_name(error), level[0], level[1], level[2], type[0],
	    type[1], type[2]);
	error = pt_map(&pt, SCRATCH_VA - BLOCK_2M, RAM_BASE + PAGE_SIZE,
		       BLOCK_2M, 0);
	pt_lookup(&pt, SCRATCH_VA - BLOCK_2M, &level[0]);
	say("test", "map 2 MiB to a PA that no block fits: %s, at level %u\n",
	    error_name(error), level[0]);
	pt_print(&pt);

	forgotten = 0;
	error = pt_unmap(&pt, SCRATCH_BLOCK + 5 * PAGE_SIZE, PAGE_SIZE);
	type[0] = pt_lookup(&pt, SCRATCH_BLOCK, &level[0]) & PTE_TYPE;
	say("test", "unmap a page of the block: %s, now at level %u, type bits %lu, invalidated %u times\n",
	    error_name(error), level[0], type[0], forgotten);
	pt_print(&pt);
	refusals(&pt);
	shortage(&pt, 0);
	shortage(&pt, 2);
	pt_destroy(&pt);
	say("test", "pages lost by the table: %ld\n",
	    (long)(before - page_count_free()));
}

void selftest_live(void)
{
	uint64_t va = SCRATCH_BLOCK;
	int error = el2_map(va, RAM_BASE, BLOCK_2M, 0);

	say("test", "map 2 MiB: %s\n", error_name(error));
	report("read it", probe_read(va + 5 * PAGE_SIZE));
	error = el2_unmap(va + 5 * PAGE_SIZE, PAGE_SIZE);
	say("test", "unmap one page of it: %s\n", error_name(error));
	report("read below the hole", probe_read(va + 4 * PAGE_SIZE));
	report("read the hole", probe_read(va + 5 * PAGE_SIZE));
	report("read above the hole", probe_read(va + 6 * PAGE_SIZE));
	error = el2_unmap(va, BLOCK_2M);
	say("test", "unmap all of it: %s\n", error_name(error));
	report("read below the hole", probe_read(va + 4 * PAGE_SIZE));
}

void selftest_remap(void)
{
	const volatile uint64_t *window = (const volatile uint64_t *)SCRATCH_VA;
	int error;

	page_a[0] = 0xaaaa;
	page_b[0] = 0xbbbb;
	error = el2_map(SCRATCH_VA, (uint64_t)page_a, PAGE_SIZE, 0);
	say("test", "a window on page A: %s, shows 0x%lx\n",
	    error_name(error), *window);
	error = el2_remap_page(SCRATCH_VA, (uint64_t)page_b, 0);
	say("test", "pointed at page B: %s, shows 0x%lx\n",
	    error_name(error), *window);
	error = el2_unmap(SCRATCH_VA, PAGE_SIZE);
	say("test", "unmapped: %s\n", error_name(error));
	report("read the window", probe_read(SCRATCH_VA));
	say("test", "point a page that is not mapped: %s\n",
	    error_name(el2_remap_page(SCRATCH_VA, (uint64_t)page_a, 0)));
	el2_map(UNUSED_BLOCK, RAM_BASE, BLOCK_2M, 0);
	say("test", "point a page of a block: %s\n",
	    error_name(el2_remap_page(UNUSED_BLOCK, (uint64_t)page_a, 0)));
	say("test", "point an unaligned address: %s\n",
	    error_name(el2_remap_page(SCRATCH_VA + 8, (uint64_t)page_a, 0)));
}
