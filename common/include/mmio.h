/* SPDX-License-Identifier: MIT */
/*
 * Access to device registers, in assembly: a compiler may turn a volatile access
 * into a load or store of a pair or with writeback, and a hypervisor that emulates
 * the device gets no syndrome for those (ESR_EL2.ISS.ISV = 0).
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
