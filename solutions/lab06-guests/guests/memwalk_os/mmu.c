// SPDX-License-Identifier: MIT
#include "mmu.h"

#include "barrier.h"
#include "cache.h"
#include "os.h"
#include "sysreg.h"

#define VA_BITS		39
#define START_LEVEL	1
#define TABLES		16

#define INDEX_NORMAL	0
#define INDEX_DEVICE	1

#define RW_DATA		(PTE_AF | PTE_SH_INNER | S1_XN | S1_PXN | \
			 FIELD_PREP(S1_ATTRINDX, INDEX_NORMAL))
#define RO_DATA		(RW_DATA | S1_AP_RO)
#define RO_TEXT		(RO_DATA & ~S1_PXN)
#define DEVICE		(PTE_AF | S1_XN | S1_PXN | \
			 FIELD_PREP(S1_ATTRINDX, INDEX_DEVICE))

/* guest.ld */
extern char guest_image_start[], guest_rodata_start[], guest_data_start[];
extern char guest_image_end[];

/* The first is the root table. Zero, like all of .bss. */
static uint64_t tables[TABLES][PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static unsigned int tables_used = 1;

static uint64_t *next_table(uint64_t *entry)
{
	if (!(*entry & PTE_VALID)) {
		if (tables_used == TABLES) {
			printf("memwalk_os: out of tables\n");
			os_off();
		}
		*entry = (uint64_t)tables[tables_used++] | PTE_TABLE;
	}
	return (uint64_t *)(*entry & PTE_ADDR);
}

static void map(uint64_t va, uint64_t ipa, uint64_t size, uint64_t attributes)
{
	/* HOLE(lab06.4): Page by page: the tables down to level 3, then the descriptor. */
	for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE) {
		uint64_t *table = tables[0];
		unsigned int shift = PAGE_SHIFT + 9 * (PT_LAST_LEVEL - START_LEVEL);

		for (; shift > PAGE_SHIFT; shift -= 9)
			table = next_table(&table[(va + offset) >> shift &
						  (PT_ENTRIES - 1)]);
		table[(va + offset) >> PAGE_SHIFT & (PT_ENTRIES - 1)] =
			(ipa + offset) | attributes | PTE_PAGE;
	}
	/* END(lab06.4) */
}

static void map_image(const char *start, const char *end, uint64_t attributes)
{
	map((uint64_t)start, (uint64_t)start, end - start, attributes);
}

void mmu_init(void)
{
	uint64_t mailbox = MAILBOX_ADDR(GUEST_SLOT);

	map_image(guest_image_start, guest_rodata_start, RO_TEXT);
	map_image(guest_rodata_start, guest_data_start, RO_DATA);
	map_image(guest_data_start,
		  (char *)ALIGN_UP((uint64_t)guest_image_end, PAGE_SIZE), RW_DATA);
	map(mailbox, mailbox, MAILBOX_SIZE, RW_DATA);
	map(VUART_IPA, VUART_IPA, VUART_SIZE, DEVICE);
	map(HEAP_VA, WORK_ADDR(GUEST_SLOT), WORK_SIZE, RW_DATA);

	/* HOLE(lab06.4): MAIR, TCR and TTBR0 of EL1, then M, C, I and WXN in SCTLR_EL1. */
	write_sysreg(mair_el1, MAIR_ATTR(INDEX_NORMAL, MAIR_NORMAL_WB) |
			       MAIR_ATTR(INDEX_DEVICE, MAIR_DEVICE_nGnRE));
	write_sysreg(tcr_el1, FIELD_PREP(TCR_T0SZ, 64 - VA_BITS) |
			      TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER |
			      TCR_TG0_4K | TCR_EL1_EPD1 |
			      FIELD_PREP(TCR_EL1_IPS,
					 FIELD_GET(ID_AA64MMFR0_PARANGE,
						   read_sysreg(id_aa64mmfr0_el1))));
	write_sysreg(ttbr0_el1, tables[0]);
	/*
	 * So far everything was written past the caches. Lines that they still
	 * hold from EL2 are clean, but stale.
	 */
	cache_clean_invalidate(guest_data_start, guest_image_end - guest_data_start);
	cache_clean_invalidate((void *)mailbox, MAILBOX_SIZE);
	isb();
	__asm__ volatile("tlbi vmalle1\n\tic iallu" ::: "memory");
	dsb(nsh);
	isb();
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_ELx_M |
		     SCTLR_ELx_C | SCTLR_ELx_I | SCTLR_ELx_WXN);
	isb();		/* every address is a VA from here on */
	/* END(lab06.4) */
}
