/* SPDX-License-Identifier: MIT */
/*
 * Device registers, by instructions that are written out: a compiler may turn a
 * volatile access into a load or store with writeback or of a pair, and those give
 * whoever emulates the device no syndrome (ESR_EL2.ISS.ISV = 0).
 */
#ifndef MMIO_H
#define MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(uint64_t pa)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(pa) : "memory");
	return value;
}

static inline void mmio_write32(uint64_t pa, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" :: "rZ"(value), "r"(pa) : "memory");
}

static inline uint64_t mmio_read64(uint64_t pa)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(pa) : "memory");
	return value;
}

#endif
