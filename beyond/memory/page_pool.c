// SPDX-License-Identifier: MIT
/*
 * Pages for translation tables: lab 2's page_pool.h. EL2's own tables are made before there
 * are frames, so a few pages in .bss serve until then, and are never freed.
 */
#include "page_pool.h"

#include "frames.h"
#include "string.h"

#define EARLY_PAGES	32	/* EL2's image, its devices, and blocks for 8 GiB of RAM */

static uint64_t early[EARLY_PAGES][PT_ENTRIES] __attribute__((aligned(16 * PAGE_SIZE)));
static size_t early_used;

static uint64_t *early_alloc(size_t count)
{
	size_t first = ALIGN_UP(early_used, count);

	if (first + count > EARLY_PAGES)
		return NULL;
	early_used = first + count;
	return early[first];
}

static bool is_early(const uint64_t *pages)
{
	return (uint64_t)pages - (uint64_t)early < sizeof(early);
}

uint64_t *page_alloc(size_t count)
{
	if (!frames_count())
		return early_alloc(count);
	return (uint64_t *)frames_alloc(count * PAGE_SIZE);
}

/* frames_free() wipes them, and zero decodes as invalid, so a stale walk faults. */
void page_free(uint64_t *pages, size_t count)
{
	if (!is_early(pages))
		frames_free((uint64_t)pages, count * PAGE_SIZE);
}

size_t page_count_free(void)
{
	return frames_count() ? frames_count_free() : EARLY_PAGES - early_used;
}
