// SPDX-License-Identifier: MIT
#include "cpio.h"

#include "bits.h"
#include "error.h"
#include "refusal.h"
#include "string.h"

/* A header is six characters of magic and 13 fields of eight hexadecimal digits. */
#define MAGIC		"070701"
#define MAGIC_SIZE	6
#define DIGITS		8
#define HEADER_SIZE	110
#define TRAILER		"TRAILER!!!"

enum field { MODE = 1, FILE_SIZE = 6, NAME_SIZE = 11 };

/* The file type in c_mode, as in st_mode of stat(2). */
#define MODE_TYPE	0170000
#define MODE_REGULAR	0100000

static int digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;	/* lower case */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_field(const uint8_t *header, enum field field, uint64_t *value)
{
	const uint8_t *p = header + MAGIC_SIZE + field * DIGITS;

	*value = 0;
	for (unsigned int i = 0; i < DIGITS; i++) {
		int digit = digit_value(p[i]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (unsigned int)digit;
	}
	return true;
}

/* Step to the next member of any type, and set `*mode`. Returns as cpio_next(). */
static int step(struct blob archive, struct cpio_member *member, uint64_t *mode)
{
	uint64_t at = member->next, name_size, file_size;
	const uint8_t *header;

	if (!blob_has(archive, at, HEADER_SIZE))
		return REFUSED_CPIO_TRUNCATED;
	header = archive.data + at;
	if (memcmp(header, MAGIC, MAGIC_SIZE))
		return REFUSED_CPIO_MAGIC;
	if (!read_field(header, MODE, mode) || !read_field(header, NAME_SIZE, &name_size) ||
	    !read_field(header, FILE_SIZE, &file_size))
		return REFUSED_CPIO_NUMBER;

	at += HEADER_SIZE;
	if (!blob_has(archive, at, name_size))
		return REFUSED_CPIO_TRUNCATED;
	member->name = (const char *)archive.data + at;
	if (name_size < 2 || member->name[0] == 0 || member->name[name_size - 1] != 0)
		return REFUSED_CPIO_NAME;
	if (!strcmp(member->name, TRAILER))
		return 0;

	/* Data and headers begin on 4 bytes, counted from the archive's beginning. */
	at = ALIGN_UP(at + name_size, 4);
	if (!blob_has(archive, at, file_size))
		return REFUSED_CPIO_TRUNCATED;
	member->data = blob_part(archive, at, file_size);
	member->next = ALIGN_UP(at + file_size, 4);
	return 1;
}

int cpio_next(struct blob archive, struct cpio_member *member)
{
	uint64_t mode;
	int result;

	do
		result = step(archive, member, &mode);
	while (result > 0 && (mode & MODE_TYPE) != MODE_REGULAR);
	return result;
}

int cpio_find(struct blob archive, const char *name, struct cpio_member *member)
{
	int result;

	*member = (struct cpio_member){ 0 };
	do
		result = cpio_next(archive, member);
	while (result > 0 && strcmp(member->name, name));
	if (result == 0)
		return E_NOT_FOUND;
	return result < 0 ? result : 0;
}
