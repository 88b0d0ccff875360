// SPDX-License-Identifier: MIT
/*
 * The page pool of lab 2 as a bitmap. A free run of 2^n pages, aligned to its size, is
 * found by shifting the bitmap onto itself n times, so no page is looked at alone.
 */
#include "page_pool.h"


#include "bits.h"
#include "panic.h"
#include "string.h"

#define WORD_PAGES	64
#define WORDS		(POOL_PAGES / WORD_PAGES)
#define ORDER_MAX	4	/* runs have 1, 2, 4, 8 or 16 pages */

static uint64_t pool[POOL_PAGES][PT_ENTRIES]
	__attribute__((aligned((1 << ORDER_MAX) * PAGE_SIZE)));
static uint64_t in_use[WORDS];		/* bit n of word w: page 64 * w + n */
static size_t used_count;

/* The pages at which an aligned run of 2^order pages may start. */
static const uint64_t starts[ORDER_MAX + 1] = {
	~U64(0), U64(0x5555555555555555), U64(0x1111111111111111),
	U64(0x0101010101010101), U64(0x0001000100010001),
};

/* The first pages of all free runs of 2^order pages in a word. */
static uint64_t free_runs(size_t word, unsigned int order)
{
	uint64_t runs = ~in_use[word];

	for (unsigned int n = 0; n < order; n++)
		runs &= runs >> (1U << n);
	return runs & starts[order];
}

/* Those that are not half of a free run of twice that size. */
static uint64_t maximal_runs(size_t word, unsigned int order)
{
	uint64_t runs = free_runs(word, order), twice;

	if (order == ORDER_MAX)
		return runs;
	twice = free_runs(word, order + 1);
	return runs & ~(twice | twice << (1U << order));
}

static uint64_t mask_of(size_t first, size_t count)
{
	return ((U64(1) << count) - 1) << first % WORD_PAGES;
}

static uint64_t *take(size_t first, size_t count)
{
	in_use[first / WORD_PAGES] |= mask_of(first, count);
	used_count += count;
	return memset(pool[first], 0, count * PAGE_SIZE);
}

/* From the smallest run that is large enough, so that the large ones stay whole. */
uint64_t *page_alloc(size_t count)
{
	for (unsigned int order = __builtin_ctzl(count); order <= ORDER_MAX; order++)
		for (size_t word = 0; word < WORDS; word++) {
			uint64_t runs = maximal_runs(word, order);

			if (runs)
				return take(word * WORD_PAGES + __builtin_ctzl(runs), count);
		}
	return NULL;
}

void page_free(uint64_t *pages, size_t count)
{
	size_t offset = (uint64_t)pages - (uint64_t)pool;	/* huge if below the pool */
	size_t first = offset / PAGE_SIZE;
	uint64_t mask = mask_of(first, count);

	assert(offset < sizeof(pool) && IS_ALIGNED(offset, count * PAGE_SIZE) &&
	       (in_use[first / WORD_PAGES] & mask) == mask);
	/* Junk that decodes as invalid, so that a stale walk faults at once. */
	memset(pages, 0xdc, count * PAGE_SIZE);
	in_use[first / WORD_PAGES] &= ~mask;
	used_count -= count;
}

size_t page_count_free(void)
{
	return POOL_PAGES - used_count;
}
