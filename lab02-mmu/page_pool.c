// SPDX-License-Identifier: MIT
#include "page_pool.h"

#include <stdbool.h>

#include "panic.h"
#include "string.h"

static uint64_t pool[POOL_PAGES][PT_ENTRIES]
	__attribute__((aligned(16 * PAGE_SIZE)));
static bool in_use[POOL_PAGES];

_Static_assert(sizeof(pool[0]) == PAGE_SIZE && sizeof(in_use[0]) == 1,
	       "grader/labs/lab06/machine.py relies on pool and in_use");

static bool all_free(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		if (in_use[i])
			return false;
	return true;
}

uint64_t *page_alloc(size_t count)
{
	for (size_t first = 0; first + count <= POOL_PAGES; first += count) {
		if (!all_free(first, count))
			continue;
		memset(&in_use[first], true, count);
		return memset(pool[first], 0, count * PAGE_SIZE);
	}
	return NULL;
}

void page_free(uint64_t *pages, size_t count)
{
	size_t first = (pages - pool[0]) / PT_ENTRIES;

	assert(first + count <= POOL_PAGES && in_use[first]);
	/* Junk that decodes as invalid, so that a stale walk faults at once. */
	memset(pages, 0xdc, count * PAGE_SIZE);
	memset(&in_use[first], false, count);
}

size_t page_count_free(void)
{
	size_t count = 0;

	for (size_t i = 0; i < POOL_PAGES; i++)
		count += !in_use[i];
	return count;
}
