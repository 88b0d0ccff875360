/* SPDX-License-Identifier: MIT */
/* Pages for translation tables, from a fixed pool in .bss. */
#ifndef PAGE_POOL_H
#define PAGE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "pte.h"

#define POOL_PAGES	256

/*
 * Allocate `count` contiguous zeroed pages, aligned to their total size; count is
 * 1, 2, 4, 8 or 16. NULL if there are none. VA = PA for the whole pool.
 */
uint64_t *page_alloc(size_t count);

/* Free what page_alloc(count) returned. */
void page_free(uint64_t *pages, size_t count);

/* The number of free pages. */
size_t page_count_free(void);

#endif
