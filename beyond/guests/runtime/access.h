/* SPDX-License-Identifier: MIT */
/* Device accesses of the sizes that mmio.h has not, for the same reason in assembly. */
#ifndef ACCESS_H
#define ACCESS_H

#include "mmio.h"

static inline uint32_t access_read8(uint64_t pa)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(pa) : "memory");
	return value;
}

static inline uint32_t access_read16(uint64_t pa)
{
	uint32_t value;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(pa) : "memory");
	return value;
}

static inline void access_write8(uint64_t pa, uint32_t value)
{
	__asm__ volatile("strb %w0, [%1]" :: "rZ"(value), "r"(pa) : "memory");
}

static inline void access_write16(uint64_t pa, uint32_t value)
{
	__asm__ volatile("strh %w0, [%1]" :: "rZ"(value), "r"(pa) : "memory");
}

static inline void access_write64(uint64_t pa, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" :: "rZ"(value), "r"(pa) : "memory");
}

#endif
