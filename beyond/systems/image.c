// SPDX-License-Identifier: MIT
#include "image.h"

#include "bits.h"
#include "refusal.h"
#include "string.h"

/* The header, by offset; code0 and code1 are instructions. All numbers are little-endian. */
#define CODE0		0
#define CODE1		4
#define TEXT_OFFSET	8
#define IMAGE_SIZE	16
#define FLAGS		24
#define MAGIC		56
#define HEADER_SIZE	64

#define FLAG_BIG_ENDIAN	BIT(0)
#define FLAG_PAGE_SIZE	GENMASK(2, 1)	/* 1: 4 KiB, 2: 16 KiB, 3: 64 KiB */
#define FLAG_ANYWHERE	BIT(3)

/* What distributions call vmlinuz: gzip, or an EFI program that unpacks itself (zboot). */
static bool is_compressed(const uint8_t *header)
{
	return (header[0] == 0x1f && header[1] == 0x8b) || !memcmp(header + CODE1, "zimg", 4);
}

int image_open(struct image *image, struct blob file)
{
	static const uint32_t page_size[] = { 0, 0x1000, 0x4000, 0x10000 };
	const uint8_t *header = file.data;
	uint64_t flags;

	if (!blob_has(file, CODE0, HEADER_SIZE))
		return REFUSED_IMAGE_TRUNCATED;
	if (is_compressed(header))
		return REFUSED_IMAGE_COMPRESSED;
	if (memcmp(header + MAGIC, "ARM\x64", 4))
		return REFUSED_IMAGE_MAGIC;
	/* Without image_size there is no limit to what the kernel overwrites. */
	if (le64(header + IMAGE_SIZE) == 0)
		return REFUSED_IMAGE_SIZE;
	flags = le64(header + FLAGS);
	if (flags & FLAG_BIG_ENDIAN)
		return REFUSED_IMAGE_ENDIAN;

	image->text_offset = le64(header + TEXT_OFFSET);
	image->size = le64(header + IMAGE_SIZE);
	if (image->size < file.size)
		image->size = file.size;	/* a signature may follow the kernel */
	image->page_size = page_size[FIELD_GET(FLAG_PAGE_SIZE, flags)];
	image->low = !(flags & FLAG_ANYWHERE);
	return 0;
}

int image_place(const struct image *image, uint64_t start, uint64_t size, uint64_t *address)
{
	uint64_t base = ALIGN_UP(start, IMAGE_ALIGN);

	if (base < start || range_wraps(base, image->text_offset) ||
	    !range_inside(base + image->text_offset, image->size, start, size))
		return REFUSED_IMAGE_OUTSIDE;
	*address = base + image->text_offset;
	return 0;
}
