/* SPDX-License-Identifier: MIT */
/* Bits and fields of 64-bit registers and descriptors, for C and assembly. */
#ifndef BITS_H
#define BITS_H

#ifdef __ASSEMBLER__
#define U64(x)	(x)
#else
#include <stdint.h>
#define U64(x)	UINT64_C(x)
#endif

#define BIT(n)		(U64(1) << (n))

/* A register field is defined once, as its mask: bits hi..lo. */
#define GENMASK(hi, lo)	((BIT(hi) << 1) - BIT(lo))

#ifndef __ASSEMBLER__
#define FIELD_SHIFT(mask)	__builtin_ctzll(mask)
/* The value of field `mask` in the register value `reg`. */
#define FIELD_GET(mask, reg)	(((reg) & (mask)) >> FIELD_SHIFT(mask))
/* `val` shifted into field `mask`; bits that do not fit are dropped. */
#define FIELD_PREP(mask, val)	(((uint64_t)(val) << FIELD_SHIFT(mask)) & (mask))

#define ALIGN_DOWN(x, a)	((x) & ~((uint64_t)(a) - 1))
#define ALIGN_UP(x, a)		ALIGN_DOWN((x) + (a) - 1, a)
#define IS_ALIGNED(x, a)	(((x) & ((uint64_t)(a) - 1)) == 0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)		((a) < (b) ? (a) : (b))

#define STRINGIFY_(x)	#x
#define STRINGIFY(x)	STRINGIFY_(x)
#endif

#endif
