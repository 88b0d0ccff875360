// SPDX-License-Identifier: MIT
/*
 * The string functions that C and the compiler need. Words where both sides
 * are aligned, bytes else: with the MMU off all memory is Device memory, and an
 * unaligned access to that faults (Arm ARM, "Alignment of data accesses").
 */
#include "string.h"

#include <stdbool.h>
#include <stdint.h>

/* A word that may lie over an object of any type. */
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
		return memcpy(dst, src, size);	/* no byte is read too late */
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
