// SPDX-License-Identifier: MIT
#include "el2_mmu.h"

#include "barrier.h"
#include "cache.h"
#include "error.h"
#include "panic.h"
#include "platform.h"
#include "sysreg.h"

/* hyp.ld: each pair is page-aligned, with a guard page between two pairs. */
extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[], bss_start[], bss_end[];
extern char stack_bottom[], stack_top[];
extern char emergency_stack_bottom[], emergency_stack_top[];

void el2_translation_control(void)
{
	/* HOLE(lab02.1): All fields of MAIR_EL2 and TCR_EL2. */
	write_sysreg(mair_el2,
		     MAIR_ATTR(MAIR_INDEX_NORMAL, MAIR_NORMAL_WB) |
		     MAIR_ATTR(MAIR_INDEX_DEVICE, MAIR_DEVICE_nGnRE));
	write_sysreg(tcr_el2,
		     TCR_EL2_RES1 |
		     FIELD_PREP(TCR_T0SZ, 64 - HYP_VA_BITS) |
		     FIELD_PREP(TCR_EL2_PS, cpu_pa_range()) |
		     TCR_TG0_4K | TCR_SH0_INNER |
		     TCR_ORGN0_WBWA | TCR_IRGN0_WBWA);
	/* END(lab02.1) */
}

static uint64_t el2_attributes(unsigned int prot)
{
	/* HOLE(lab02.2): Attributes of a leaf: AttrIndx, AP, SH, AF, XN. */
	uint64_t attributes = PTE_AF | S1_AP_RES1;

	if (prot & PROT_DEVICE)
		attributes |= FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE);
	else
		attributes |= FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_NORMAL) |
			      PTE_SH_INNER;
	if (!(prot & PROT_W))
		attributes |= S1_AP_RO;
	if (!(prot & PROT_X) || (prot & PROT_DEVICE))
		attributes |= S1_XN;
	return attributes;
	/* END(lab02.2) */
}

static void el2_invalidate(const struct pgtable *pt, uint64_t addr)
{
	(void)pt;
	/* HOLE(lab02.6): Invalidate the TLB entries for `addr`, complete on return. */
	/* The walkers must see the cleared entry, or they could reload the old one. */
	dsb(ishst);
	__asm__ volatile("tlbi vae2is, %0" :: "r"(addr >> PAGE_SHIFT) : "memory");
	dsb(ish);	/* no access by the old translation is in progress */
	isb();		/* nor is an instruction that was fetched by it */
	/* END(lab02.6) */
}

const struct pt_regime el2_regime = {
	.name = "el2",
	.start_level = 1,
	.root_pages = 1,
	.attributes = el2_attributes,
	.invalidate = el2_invalidate,
};

static struct pgtable el2_pt;

struct pgtable *el2_pgtable(void)
{
	return &el2_pt;
}

int el2_map(uint64_t va, uint64_t pa, uint64_t size, unsigned int prot)
{
	return pt_map(&el2_pt, va, pa, size, prot);
}

int el2_unmap(uint64_t va, uint64_t size)
{
	return pt_unmap(&el2_pt, va, size);
}

static void map_identity(uint64_t start, uint64_t end, unsigned int prot)
{
	int error = el2_map(start, start, end - start, prot);

	if (error)
		panic("mapping 0x%lx..0x%lx for EL2: %s", start, end - 1,
		      error_name(error));
}

static void map_section(const char *start, const char *end, unsigned int prot)
{
	if (start != end)
		map_identity((uint64_t)start, (uint64_t)end, prot);
}

void el2_mmu_init(void)
{
	el2_translation_control();
	if (pt_create(&el2_pt, &el2_regime, HYP_VA_BITS))
		panic("no memory for EL2's root table");

	/* HOLE(lab02.4): Map the sections of the image and the three device regions. */
	map_section(text_start, text_end, PROT_X);
	map_section(rodata_start, rodata_end, 0);
	map_section(data_start, data_end, PROT_W);
	map_section(bss_start, bss_end, PROT_W);
	map_section(stack_bottom, stack_top, PROT_W);
	map_section(emergency_stack_bottom, emergency_stack_top, PROT_W);

	map_identity(UART_BASE, UART_BASE + UART_SIZE, PROT_W | PROT_DEVICE);
	map_identity(GICD_BASE, GICD_BASE + GICD_SIZE, PROT_W | PROT_DEVICE);
	map_identity(GICR_BASE, GICR_BASE + GICR_SIZE, PROT_W | PROT_DEVICE);
	/* END(lab02.4) */
}

void el2_mmu_enable(void)
{
	/* HOLE(lab02.5): Set TTBR0_EL2; then turn on the MMU and the caches, in a safe order. */
	write_sysreg(ttbr0_el2, el2_pt.root);
	/*
	 * Data and tables were written with the MMU off, past the caches. Any
	 * cache lines for them are stale, and would hide the data as soon as the
	 * caches are on.
	 */
	cache_invalidate(data_start, emergency_stack_top - data_start);
	isb();		/* MAIR, TCR and TTBR0 before the first walk uses them */
	/* The TLB may hold anything after reset (Arm ARM, "TLB behavior at reset"). */
	__asm__ volatile("tlbi alle2" ::: "memory");
	dsb(nsh);
	__asm__ volatile("ic iallu" ::: "memory");
	dsb(nsh);
	isb();

	write_sysreg(sctlr_el2, read_sysreg(sctlr_el2) | SCTLR_ELx_M |
		     SCTLR_ELx_C | SCTLR_ELx_I | SCTLR_ELx_WXN);
	isb();		/* the next instruction is fetched through the MMU */
	/* END(lab02.5) */
}

int el2_remap_page(uint64_t va, uint64_t pa, unsigned int prot)
{
	/* HOLE(lab02.6): Break, invalidate, make. */
	unsigned int level;
	int error;

	if (!IS_ALIGNED(va | pa, PAGE_SIZE) || pa >= BIT(48))
		return E_INVALID;	/* before the old page is unmapped */
	if (!pt_lookup(&el2_pt, va, &level) || level != PT_LAST_LEVEL)
		return E_NOT_FOUND;
	error = el2_unmap(va, PAGE_SIZE);	/* with its TLB maintenance */
	if (error)
		return error;
	return el2_map(va, pa, PAGE_SIZE, prot);
	/* END(lab02.6) */
}
