/* SPDX-License-Identifier: MIT */
/*
 * Physical memory: all RAM that is not EL2's image, in frames of 4 KiB. A frame belongs
 * to one owner or is free. Free frames are always zero, so memory never carries data from
 * one owner to the next; they are wiped when they are freed, and at boot.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "pte.h"

/*
 * Take the RAM [pa, pa + size) over: map it for EL2, and count all of it as free but
 * [keep, keep + keep_size) inside of it, which is owned until frames_free(). All are
 * multiples of 2 MiB. What is free is wiped. Call once, on the first core, with the MMU on.
 * What is beyond 8 GiB is not used.
 */
void frames_init(uint64_t pa, uint64_t size, uint64_t keep, uint64_t keep_size);

/*
 * `size` bytes, a multiple of 4 KiB, contiguous and zero. Aligned to 2 MiB if size is at
 * least that, else to the next power of two of size. 0 if there is no such run.
 */
uint64_t frames_alloc(uint64_t size);

/*
 * Zero owned memory, also for a guest whose caches are off. Multiples of 4 KiB. Instruction
 * caches may still hold what was there.
 */
void frames_wipe(uint64_t pa, uint64_t size);

/* Wipe and free frames, which somebody owns: a part of an allocation, or several. */
void frames_free(uint64_t pa, uint64_t size);

/* The number of free frames, and of all. */
uint64_t frames_count_free(void);
uint64_t frames_count(void);

#endif
