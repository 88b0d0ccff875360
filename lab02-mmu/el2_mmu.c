// SPDX-License-Identifier: MIT
#include "el2_mmu.h"

#include "barrier.h"
#include "cache.h"
#include "error.h"
#include "panic.h"
#include "platform.h"
#include "sysreg.h"
#include "todo.h"

/* hyp.ld: each pair is page-aligned, with a guard page between two pairs. */
extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[], bss_start[], bss_end[];
extern char stack_bottom[], stack_top[];
extern char emergency_stack_bottom[], emergency_stack_top[];

void el2_translation_control(void)
{
	/* TODO(lab02.1): All fields of MAIR_EL2 and TCR_EL2. */
	todo("lab02.1", "el2_translation_control() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-1");
	/* END(lab02.1) */
}

static uint64_t el2_attributes(unsigned int prot)
{
	/* TODO(lab02.2): Attributes of a leaf: AttrIndx, AP, SH, AF, XN. */
	todo("lab02.2", "el2_attributes() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-2");
	/* END(lab02.2) */
}

static void el2_invalidate(const struct pgtable *pt, uint64_t addr)
{
	(void)pt;
	/* TODO(lab02.6): Invalidate the TLB entries for `addr`, complete on return. */
	todo("lab02.6", "el2_invalidate() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-6");
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

	/* TODO(lab02.4): Map the sections of the image and the three device regions. */
	todo("lab02.4", "el2_mmu_init() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-4");
	/* END(lab02.4) */
}

void el2_mmu_enable(void)
{
	/* TODO(lab02.5): Set TTBR0_EL2; then turn on the MMU and the caches, in a safe order. */
	todo("lab02.5", "el2_mmu_enable() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-5");
	/* END(lab02.5) */
}

int el2_remap_page(uint64_t va, uint64_t pa, unsigned int prot)
{
	/* TODO(lab02.6): Break, invalidate, make. */
	todo("lab02.6", "el2_remap_page() in lab02-mmu/el2_mmu.c, read lab02-mmu/README.md#task-6");
	/* END(lab02.6) */
}
