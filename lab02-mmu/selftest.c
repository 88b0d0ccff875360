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
#include "sysreg.h"

extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[], bss_end[];
extern char stack_bottom[], stack_top[], emergency_stack_top[];

/* Addresses that nothing uses, below RAM and above the devices. */
#define SCRATCH_VA	U64(0x3000000000)
#define SCRATCH_BLOCK	U64(0x3000200000)

static uint64_t page_a[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t page_b[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static void report(const char *what, struct probe probe)
{
	printf("[test] %s: ", what);
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

	report("read the guard behind text", probe_read((uint64_t)text_end));
	report("read the guard behind rodata", probe_read((uint64_t)rodata_end));
	report("read the guard behind data", probe_read((uint64_t)data_end));
	report("read the guard behind bss", probe_read((uint64_t)bss_end));
	report("read the guard below the stack",
	       probe_read((uint64_t)stack_bottom - 1));
	report("read the guard above the stack", probe_read((uint64_t)stack_top));
	report("read behind the image",
	       probe_read((uint64_t)emergency_stack_top));
	report("read address 0", probe_read(0));
	report("read beyond the address size", probe_read(BIT(HYP_VA_BITS)));
}

static void report_at(const char *what, uint64_t va)
{
	uint64_t par;

	__asm__ volatile("at s1e2r, %0" :: "r"(va));
	isb();		/* PAR_EL1 holds the answer only after this */
	par = read_sysreg(par_el1);
	if (par & PAR_EL1_F)
		printf("[test] AT S1E2R %s: fault, status 0x%02lx\n", what,
		       FIELD_GET(PAR_EL1_FST, par));
	else
		printf("[test] AT S1E2R %s: PA is VA: %s, attributes 0x%02lx\n",
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

void selftest_refusals(void)
{
	uint64_t pa = (uint64_t)page_a;
	uint64_t *hoard = NULL;
	size_t before;
	int error;

	printf("[test] map an unaligned address: %s\n",
	       error_name(el2_map(SCRATCH_VA + 8, pa, PAGE_SIZE, 0)));
	printf("[test] map an unaligned size: %s\n",
	       error_name(el2_map(SCRATCH_VA, pa, PAGE_SIZE + 1, 0)));
	printf("[test] map nothing: %s\n",
	       error_name(el2_map(SCRATCH_VA, pa, 0, 0)));
	printf("[test] map beyond the address size: %s\n",
	       error_name(el2_map(BIT(HYP_VA_BITS), pa, PAGE_SIZE, 0)));
	printf("[test] map over the text: %s\n",
	       error_name(el2_map((uint64_t)text_start, pa, PAGE_SIZE, PROT_W)));
	printf("[test] map over a range that is half in use: %s\n",
	       error_name(el2_map((uint64_t)text_end, pa, 2 * PAGE_SIZE, PROT_W)));
	report("read that range's free half", probe_read((uint64_t)text_end));
	printf("[test] unmap an unaligned address: %s\n",
	       error_name(el2_unmap(SCRATCH_VA + 8, PAGE_SIZE)));

	/* Take every page of the pool, and chain them so as to give them back. */
	before = page_count_free();
	for (uint64_t *page; (page = page_alloc(1)) != NULL; hoard = page)
		page[0] = (uint64_t)hoard;
	error = el2_map(SCRATCH_VA, pa, PAGE_SIZE, 0);
	for (uint64_t *next; hoard; hoard = next) {
		next = (uint64_t *)hoard[0];
		page_free(hoard, 1);
	}
	printf("[test] map with no page left for tables: %s\n", error_name(error));
	report("read what that would have mapped", probe_read(SCRATCH_VA));
	printf("[test] pages lost by that: %ld\n",
	       (long)(before - page_count_free()));
}

void selftest_blocks(void)
{
	uint64_t va = SCRATCH_BLOCK - PAGE_SIZE;
	uint64_t pa = RAM_BASE + BLOCK_2M - PAGE_SIZE;
	unsigned int before, inside, after, split;
	int error = el2_map(va, pa, BLOCK_2M + 2 * PAGE_SIZE, 0);

	pt_lookup(el2_pgtable(), va, &before);
	pt_lookup(el2_pgtable(), SCRATCH_BLOCK, &inside);
	pt_lookup(el2_pgtable(), SCRATCH_BLOCK + BLOCK_2M, &after);
	printf("[test] page, 2 MiB, page: %s, at levels %u, %u, %u\n",
	       error_name(error), before, inside, after);

	error = el2_unmap(SCRATCH_BLOCK + 5 * PAGE_SIZE, PAGE_SIZE);
	pt_lookup(el2_pgtable(), SCRATCH_BLOCK, &split);
	printf("[test] unmap one page of the block: %s, now at level %u\n",
	       error_name(error), split);
	report("read below the hole",
	       probe_read(SCRATCH_BLOCK + 4 * PAGE_SIZE));
	report("read the hole", probe_read(SCRATCH_BLOCK + 5 * PAGE_SIZE));
	report("read above the hole",
	       probe_read(SCRATCH_BLOCK + 6 * PAGE_SIZE));
	error = el2_unmap(va, BLOCK_2M + 2 * PAGE_SIZE);
	printf("[test] unmap all of it: %s\n", error_name(error));
	report("read below the hole", probe_read(SCRATCH_BLOCK));
}

void selftest_remap(void)
{
	const volatile uint64_t *window = (const volatile uint64_t *)SCRATCH_VA;
	int error;

	page_a[0] = 0xaaaa;
	page_b[0] = 0xbbbb;
	error = el2_map(SCRATCH_VA, (uint64_t)page_a, PAGE_SIZE, 0);
	printf("[test] a window on page A: %s, shows 0x%lx\n",
	       error_name(error), *window);
	error = el2_remap_page(SCRATCH_VA, (uint64_t)page_b, 0);
	printf("[test] pointed at page B: %s, shows 0x%lx\n",
	       error_name(error), *window);
	error = el2_unmap(SCRATCH_VA, PAGE_SIZE);
	printf("[test] unmapped: %s\n", error_name(error));
	report("read the window", probe_read(SCRATCH_VA));
	printf("[test] point a page that is not mapped: %s\n",
	       error_name(el2_remap_page(SCRATCH_VA, (uint64_t)page_a, 0)));
}
