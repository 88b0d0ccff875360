// SPDX-License-Identifier: MIT
#include "mmu.h"

#include "barrier.h"
#include "cache.h"
#include "os.h"
#include "sysreg.h"
#include "todo.h"

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
	/* TODO(lab06.4): Page by page: the tables down to level 3, then the descriptor. */
	todo("lab06.4", "map() in lab06-guests/guests/memwalk_os/mmu.c, read lab06-guests/README.md#task-4");
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

	/* TODO(lab06.4): MAIR, TCR and TTBR0 of EL1, then M, C, I and WXN in SCTLR_EL1. */
	todo("lab06.4", "mmu_init() in lab06-guests/guests/memwalk_os/mmu.c, read lab06-guests/README.md#task-4");
	/* END(lab06.4) */
}
