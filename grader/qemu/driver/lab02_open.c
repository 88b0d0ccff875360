// SPDX-License-Identifier: MIT
/* For the contract of another page pool: pages as their users see them. */
#include "driver.h"

#include "page_pool.h"

uint64_t contract_pool(void);
struct result contract_page_alloc(size_t count);
struct result contract_page_free(uint64_t *pages, size_t count);

/* Record the address of each page of the pool. Return their number. */
uint64_t contract_pool(void)
{
	static uint64_t pages[2 * POOL_PAGES];
	size_t count = 0;

	while (count < 2 * POOL_PAGES && (pages[count] = (uint64_t)page_alloc(1)))
		count++;
	record(RECORD_WORDS, pages, count);
	for (size_t i = 0; i < count; i++)
		page_free((uint64_t *)pages[i], 1);
	return count;
}

/* Return the pages, and all bits that are set in them. Then use them: fill them with ones. */
struct result contract_page_alloc(size_t count)
{
	uint64_t *pages = page_alloc(count), bits = 0;

	for (size_t i = 0; pages && i < count * PT_ENTRIES; i++) {
		bits |= pages[i];
		pages[i] = ~U64(0);
	}
	return (struct result){ (uint64_t)pages, bits };
}

/*
 * Free pages, if there are any. Return all bits that are set in them after that, and
 * the number of free pages.
 */
struct result contract_page_free(uint64_t *pages, size_t count)
{
	uint64_t bits = 0;

	if (pages)
		page_free(pages, count);
	for (size_t i = 0; pages && i < count * PT_ENTRIES; i++)
		bits |= pages[i];
	return (struct result){ bits, page_count_free() };
}

const void *const lab02_open_functions[] = {
	contract_pool, contract_page_alloc, contract_page_free, contract_timed,
	page_alloc, page_free, page_count_free,
};
