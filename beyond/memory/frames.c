// SPDX-License-Identifier: MIT
#include "frames.h"

#include <stddef.h>

#include "cache.h"
#include "el2_mmu.h"
#include "error.h"
#include "lock.h"
#include "panic.h"

#define FRAMES_MAX	(BIT(33) >> PAGE_SHIFT)		/* 8 GiB of RAM */
#define WORD_FRAMES	64

/* A bit for each frame, 1 if it is owned. */
static uint64_t owned[FRAMES_MAX / WORD_FRAMES];
static uint64_t base;			/* PA of frame 0, a multiple of 2 MiB */
static uint64_t count, free_count;
static struct lock lock = LOCK_INIT(LOCK_FRAMES);

static uint64_t frame_of(uint64_t pa)
{
	return (pa - base) >> PAGE_SHIFT;
}

static bool is_owned(uint64_t frame)
{
	return owned[frame / WORD_FRAMES] & BIT(frame % WORD_FRAMES);
}

/* The bits of a word from `frame` on that belong to the next `left` frames. */
static uint64_t word_mask(uint64_t frame, uint64_t left)
{
	uint64_t first = frame % WORD_FRAMES, n = MIN(left, WORD_FRAMES - first);

	return (n == WORD_FRAMES ? ~U64(0) : BIT(n) - 1) << first;
}

/* Own frames [first, first + n), all of which are free; or free them, all owned. */
static void set_owned(uint64_t first, uint64_t n, bool own)
{
	for (uint64_t frame = first, end = first + n; frame < end;
	     frame = ALIGN_DOWN(frame, WORD_FRAMES) + WORD_FRAMES) {
		uint64_t mask = word_mask(frame, end - frame);
		uint64_t *word = &owned[frame / WORD_FRAMES];

		if ((*word & mask) != (own ? 0 : mask))
			panic("frames at 0x%lx: %s twice", base + (frame << PAGE_SHIFT),
			      own ? "allocated" : "freed");
		*word ^= mask;
	}
	__atomic_store_n(&free_count, free_count + (own ? -n : n), __ATOMIC_RELAXED);
}

/* A frame after `frame`, which is owned: all frames between are owned as well. */
static uint64_t after_owned(uint64_t frame)
{
	if (~owned[frame / WORD_FRAMES])
		return frame + 1;
	return ALIGN_DOWN(frame, WORD_FRAMES) + WORD_FRAMES;
}

/* The first frame of [frame, end) that is owned; `end` if there is none. */
static uint64_t first_owned(uint64_t frame, uint64_t end)
{
	while (frame < end && !is_owned(frame))
		frame += owned[frame / WORD_FRAMES] || frame % WORD_FRAMES ? 1 : WORD_FRAMES;
	return MIN(frame, end);
}

/* The first of `n` free frames, aligned to `align` frames; `count` if there is none. */
static uint64_t find_free(uint64_t n, uint64_t align)
{
	uint64_t first = 0;

	while (first + n <= count) {
		uint64_t frame = first_owned(first, first + n);

		if (frame == first + n)
			return first;
		first = ALIGN_UP(after_owned(frame), align);
	}
	return count;
}

static uint64_t alignment(uint64_t n)
{
	uint64_t align = 1;

	while (align < n && align < BLOCK_2M / PAGE_SIZE)
		align *= 2;
	return align;
}

uint64_t frames_alloc(uint64_t size)
{
	uint64_t n = size >> PAGE_SHIFT, first;

	assert(size && IS_ALIGNED(size, PAGE_SIZE));
	lock_take(&lock);
	first = find_free(n, alignment(n));
	if (first != count)
		set_owned(first, n, true);
	lock_release(&lock);
	return first == count ? 0 : base + (first << PAGE_SHIFT);
}

/* Zero, and in memory, where a guest looks whose caches are off. */
void frames_wipe(uint64_t pa, uint64_t size)
{
	cache_zero((void *)pa, size);
	cache_clean_invalidate((void *)pa, size);
}

void frames_free(uint64_t pa, uint64_t size)
{
	assert(size && IS_ALIGNED(pa | size, PAGE_SIZE) && pa >= base &&
	       frame_of(pa) + (size >> PAGE_SHIFT) <= count);
	frames_wipe(pa, size);			/* while they are still owned */
	lock_take(&lock);
	set_owned(frame_of(pa), size >> PAGE_SHIFT, false);
	lock_release(&lock);
}

uint64_t frames_count_free(void)
{
	return __atomic_load_n(&free_count, __ATOMIC_RELAXED);
}

uint64_t frames_count(void)
{
	return count;
}

void frames_init(uint64_t pa, uint64_t size, uint64_t keep, uint64_t keep_size)
{
	uint64_t end = pa + MIN(size, FRAMES_MAX << PAGE_SHIFT);
	int error = el2_map(pa, pa, end - pa, PROT_W);

	if (error)
		panic("mapping RAM at 0x%lx for EL2: %s", pa, error_name(error));
	base = pa;
	count = (end - pa) >> PAGE_SHIFT;
	set_owned(0, count, true);
	free_count = 0;
	if (keep > pa)
		frames_free(pa, keep - pa);
	if (end > keep + keep_size)
		frames_free(keep + keep_size, end - (keep + keep_size));
}
