/* SPDX-License-Identifier: MIT */
/*
 * Bytes that somebody else wrote, and reads that stay inside of them. All reads are
 * of bytes: a blob may be unaligned in memory that faults on unaligned accesses.
 */
#ifndef BLOB_H
#define BLOB_H

#include <stdbool.h>
#include <stdint.h>

struct blob {
	const uint8_t *data;	/* data + size does not wrap around */
	uint64_t size;		/* in bytes */
};

/* True if [start, start + size) is inside of [outer, outer + outer_size). Never wraps. */
static inline bool range_inside(uint64_t start, uint64_t size, uint64_t outer,
				uint64_t outer_size)
{
	return start >= outer && size <= outer_size && start - outer <= outer_size - size;
}

/* True if [start, start + size) does not end below 2^64. */
static inline bool range_wraps(uint64_t start, uint64_t size)
{
	return start + size < start;
}

/* True if the blob has `size` bytes from `offset` on. */
static inline bool blob_has(struct blob blob, uint64_t offset, uint64_t size)
{
	return range_inside(offset, size, 0, blob.size);
}

/* These bytes of a blob that has them. */
static inline struct blob blob_part(struct blob blob, uint64_t offset, uint64_t size)
{
	return (struct blob){ blob.data + offset, size };
}

/* Numbers, little-endian and big-endian. */
static inline uint16_t le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static inline uint32_t be32(const uint8_t *p)
{
	return __builtin_bswap32(le32(p));
}

static inline uint64_t be64(const uint8_t *p)
{
	return __builtin_bswap64(le64(p));
}

#endif
