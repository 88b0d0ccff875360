// SPDX-License-Identifier: MIT
#include "stage1.h"

#include "barrier.h"
#include "sysreg.h"

#define VA_BITS		39	/* the walk starts at level 1 */
#define INDEX_DEVICE	0
#define INDEX_NORMAL	1

static uint64_t root[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t middle[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t window[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

void stage1_enable(void)
{
	/* GiB 0 has the UART, GiB 1 the guests, GiB 2 the window. */
	root[0] = PTE_BLOCK | PTE_AF | FIELD_PREP(S1_ATTRINDX, INDEX_DEVICE);
	root[1] = BIT(30) | PTE_BLOCK | PTE_AF | FIELD_PREP(S1_ATTRINDX, INDEX_NORMAL);
	root[2] = (uint64_t)middle | PTE_TABLE;
	middle[0] = (uint64_t)window | PTE_TABLE;

	write_sysreg(mair_el1, MAIR_ATTR(INDEX_DEVICE, MAIR_DEVICE_nGnRE) |
			       MAIR_ATTR(INDEX_NORMAL, MAIR_NORMAL_NC));
	write_sysreg(tcr_el1, FIELD_PREP(TCR_T0SZ, 64 - VA_BITS) | TCR_TG0_4K |
			      TCR_EL1_EPD1);
	write_sysreg(ttbr0_el1, root);
	dsb(sy);	/* the tables are in memory before the MMU walks them */
	__asm__ volatile("tlbi vmalle1" ::: "memory");
	dsb(nsh);
	isb();
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_ELx_M);
	isb();
}

void stage1_map(unsigned int n, uint64_t ipa)
{
	window[n] = ipa | PTE_PAGE | PTE_AF | FIELD_PREP(S1_ATTRINDX, INDEX_DEVICE);
	dsb(sy);
	isb();
}
