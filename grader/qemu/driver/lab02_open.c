// SPDX-License-Identifier: MIT
/* For the contract of another page pool: pages as their users see them. */
#include "driver.h"

#include <stdbool.h>

#include "page_pool.h"
#include "string.h"

#define EDGE	8	/* words at each end of a page that look() reads after a call */

uint64_t contract_pool(void);
struct result contract_page_alloc(size_t count);
struct result contract_page_free(uint64_t *run, size_t count);
void contract_look_at_pages(void);
uint64_t contract_every_other(uint64_t page);
void contract_free_rest(uint64_t page);

static uint64_t pages[2 * POOL_PAGES];	/* of the pool */
static bool in_use[2 * POOL_PAGES];
static size_t pages_count;

static void mark(const uint64_t *run, size_t count, bool used)
{
	for (size_t i = 0; i < pages_count; i++)
		if (pages[i] - (uint64_t)run < count * PAGE_SIZE)
			in_use[i] = used;
}

/*
 * Record the number of free pages, a page in use whose ones are not all there, and a free
 * page with bit 0 of a word set; 0 for none. Read `edge` words at each end of a page.
 */
static void look(size_t edge)
{
	uint64_t found[] = { page_count_free(), 0, 0 };

	for (size_t i = 0; i < pages_count; i++) {
		const uint64_t *page = (const uint64_t *)pages[i];
		uint64_t any = 0, all = ~U64(0);

		for (size_t n = 0; n < edge; n++) {
			any |= page[n] | page[PT_ENTRIES - 1 - n];
			all &= page[n] & page[PT_ENTRIES - 1 - n];
		}
		if (in_use[i] && ~all)
			found[1] = pages[i];
		if (!in_use[i] && any & 1)
			found[2] = pages[i];
	}
	record(RECORD_WORDS, found, sizeof(found) / sizeof(found[0]));
}

/* Of whole pages. */
void contract_look_at_pages(void)
{
	look(PT_ENTRIES / 2);
}

/* Record the address of each page of the pool. Return their number. */
uint64_t contract_pool(void)
{
	size_t count = 0;

	while (count < 2 * POOL_PAGES && (pages[count] = (uint64_t)page_alloc(1)))
		count++;
	record(RECORD_WORDS, pages, count);
	for (size_t i = 0; i < count; i++) {
		page_free((uint64_t *)pages[i], 1);
		in_use[i] = false;
	}
	return pages_count = count;
}

/* Return the pages, and all bits that are set in them. Then use them: fill them with ones. */
struct result contract_page_alloc(size_t count)
{
	uint64_t *run = page_alloc(count), bits = 0;

	for (size_t i = 0; run && i < count * PT_ENTRIES; i++) {
		bits |= run[i];
		run[i] = ~U64(0);
	}
	if (run)
		mark(run, count, true);
	look(EDGE);
	return (struct result){ (uint64_t)run, bits };
}

/*
 * Free pages, if there are any. Return the bits that were set in all of their words before
 * that, and those that are set in any of them after that.
 */
struct result contract_page_free(uint64_t *run, size_t count)
{
	uint64_t before = ~U64(0), after = 0;

	for (size_t i = 0; run && i < count * PT_ENTRIES; i++)
		before &= run[i];
	if (run) {
		page_free(run, count);
		mark(run, count, false);
	}
	for (size_t i = 0; run && i < count * PT_ENTRIES; i++)
		after |= run[i];
	look(EDGE);
	return (struct result){ before, after };
}

/*
 * Take all pages, and free the odd ones, or only the one after `page`. Return `page`, or the
 * lowest even one.
 */
uint64_t contract_every_other(uint64_t page)
{
	uint64_t lowest = ~U64(0);

	for (size_t i = 0; i < POOL_PAGES; i++) {
		pages[i] = (uint64_t)page_alloc(1);
		in_use[i] = pages[i];
	}
	for (size_t i = 0; i < POOL_PAGES; i++)
		if (!(pages[i] & PAGE_SIZE)) {
			lowest = MIN(lowest, pages[i]);
		} else if (!page || pages[i] == page + PAGE_SIZE) {
			page_free((uint64_t *)pages[i], 1);
			in_use[i] = false;
		}
	return page ? page : lowest;
}

/* Free the others, but not `page`. */
void contract_free_rest(uint64_t page)
{
	for (size_t i = 0; i < POOL_PAGES; i++)
		if (in_use[i] && pages[i] != page)
			page_free((uint64_t *)pages[i], 1);
}

const void *const lab02_open_functions[] = {
	contract_pool, contract_page_alloc, contract_page_free, contract_look_at_pages,
	contract_every_other, contract_free_rest, contract_timed, memcpy, memset,
	page_alloc, page_free, page_count_free,
};
