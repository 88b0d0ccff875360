// SPDX-License-Identifier: MIT
/*
 * The string functions that the code and the compiler need. They access words if
 * both sides are aligned and bytes otherwise: with the MMU off all memory is Device
 * memory, where an unaligned access faults (Arm ARM, "Alignment of data accesses").
 */
#include "string.h"

#include <stdbool.h>
#include <stdint.h>

/* A word that may alias an object of any type. */
typedef uint64_t __attribute__((may_alias)) word;

#define WORD	sizeof(word)

static bool both_aligned(const void *a, const void *b)
{
	return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	char *d = dst;
	const char *s = src;

	if (both_aligned(d, s))
		for (; size >= WORD; size -= WORD, d += WORD, s += WORD)
			*(word *)d = *(const word *)s;
	while (size--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	char *d = dst;
	const char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= size)
		return memcpy(dst, src, size);	/* no byte is overwritten before it is read */
	while (size--)
		d[size] = s[size];
	return dst;
}

void *memset(void *dst, int byte, size_t size)
{
	char *d = dst;
	word pattern = UINT64_C(0x0101010101010101) * (unsigned char)byte;

	if (both_aligned(d, d))
		for (; size >= WORD; size -= WORD, d += WORD)
			*(word *)d = pattern;
	while (size--)
		*d++ = byte;
	return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}
