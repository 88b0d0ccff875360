/* SPDX-License-Identifier: MIT */
/*
 * Cache maintenance by address. A guest whose stage 1 is off reads and writes
 * memory as Device, past the caches (Arm ARM, "The effects of disabling a stage
 * of address translation"), while EL2 accesses it through them. EL2 therefore
 * cleans and invalidates memory to the Point of Coherency whenever it changes hands.
 */
#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "barrier.h"
#include "sysreg.h"

/* Write back and drop every data cache line of [va, va + size). */
static inline void cache_clean_invalidate(const void *va, size_t size)
{
	/* CTR_EL0.DminLine: log2 of the smallest data cache line in words. */
	uint64_t line = 4 << FIELD_GET(GENMASK(19, 16), read_sysreg(ctr_el0));
	uint64_t end = (uint64_t)va + size;

	for (uint64_t p = ALIGN_DOWN((uint64_t)va, line); p < end; p += line)
		__asm__ volatile("dc civac, %0" :: "r"(p) : "memory");
	dsb(ish);	/* complete before another observer reads memory */
}

/*
 * Drop every data cache line of [va, va + size) without writing it back: for memory
 * that was written past the caches, so that the lines are stale. Both must be aligned
 * to a cache line, or adjacent data is lost.
 */
static inline void cache_invalidate(const void *va, size_t size)
{
	uint64_t line = 4 << FIELD_GET(GENMASK(19, 16), read_sysreg(ctr_el0));
	uint64_t end = (uint64_t)va + size;

	for (uint64_t p = (uint64_t)va; p < end; p += line)
		__asm__ volatile("dc ivac, %0" :: "r"(p) : "memory");
	dsb(ish);
}

/*
 * Zero [va, va + size), both multiples of 4 KiB, by DC ZVA: a block of memory in
 * one instruction. The memory must be mapped as Normal.
 */
static inline void cache_zero(void *va, size_t size)
{
	/* DCZID_EL0.BS: log2 of the block in words; at most 2 KiB. */
	uint64_t block = 4 << FIELD_GET(GENMASK(3, 0), read_sysreg(dczid_el0));
	uint64_t end = (uint64_t)va + size;

	for (uint64_t p = (uint64_t)va; p < end; p += block)
		__asm__ volatile("dc zva, %0" :: "r"(p) : "memory");
}

/* Invalidate the instruction caches of all cores. */
static inline void icache_invalidate_all(void)
{
	__asm__ volatile("ic ialluis" ::: "memory");
	dsb(ish);	/* the invalidation is complete */
	isb();		/* instructions fetched before it are dropped */
}

#endif
