/* SPDX-License-Identifier: MIT */
/*
 * Device registers. `volatile` keeps each access whole and in program order;
 * Device memory does the rest.
 */
#ifndef MMIO_H
#define MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(uint64_t pa)
{
	return *(volatile uint32_t *)pa;
}

static inline void mmio_write32(uint64_t pa, uint32_t value)
{
	*(volatile uint32_t *)pa = value;
}

static inline uint64_t mmio_read64(uint64_t pa)
{
	return *(volatile uint64_t *)pa;
}

static inline void mmio_write64(uint64_t pa, uint64_t value)
{
	*(volatile uint64_t *)pa = value;
}

#endif
