/* SPDX-License-Identifier: MIT */
/* Pages for translation tables: a fixed pool in .bss, so it can run out. */
#ifndef PAGE_POOL_H
#define PAGE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "pte.h"

#define POOL_PAGES	256

/*
 * `count` zeroed pages in a row, aligned to their total size; count is 1, 2, 4,
 * 8 or 16. NULL if there are none. VA = PA for all of the pool.
 */
uint64_t *page_alloc(size_t count);

/* Give back what page_alloc(count) returned. */
void page_free(uint64_t *pages, size_t count);

/* How many pages are free. */
size_t page_count_free(void);

#endif
