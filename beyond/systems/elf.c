// SPDX-License-Identifier: MIT
#include "elf.h"

#include "bits.h"
#include "refusal.h"
#include "string.h"

/* The file header, by offset. */
#define IDENT		"\177ELF"
#define IDENT_SIZE	4
#define E_CLASS		4
#define E_DATA		5
#define E_TYPE		16
#define E_MACHINE	18
#define E_ENTRY		24
#define E_PHOFF		32
#define E_PHENTSIZE	54
#define E_PHNUM		56
#define FILE_HEADER	64

#define CLASS_64	2
#define DATA_LSB	1
#define TYPE_EXEC	2
#define TYPE_DYN	3
#define MACHINE_AARCH64	183

/* A program header, by offset. */
#define P_TYPE		0
#define P_FLAGS		4
#define P_OFFSET	8
#define P_VADDR		16
#define P_PADDR		24
#define P_FILESZ	32
#define P_MEMSZ		40
#define PROGRAM_HEADER	56

#define TYPE_LOAD	1
#define TYPE_INTERP	3
#define FLAG_X		BIT(0)

/* Segments are compared pairwise, so their number bounds the time. */
#define MAX_HEADERS	64

static const uint8_t *header_at(const struct elf *elf, unsigned int index)
{
	return elf->headers.data + index * PROGRAM_HEADER;
}

bool elf_next(const struct elf *elf, unsigned int *index, struct elf_segment *segment)
{
	while (*index < elf->headers.size / PROGRAM_HEADER) {
		const uint8_t *header = header_at(elf, (*index)++);

		if (le32(header + P_TYPE) != TYPE_LOAD || !le64(header + P_MEMSZ))
			continue;
		segment->ipa = le64(header + P_PADDR);
		segment->size = le64(header + P_MEMSZ);
		segment->data = blob_part(elf->file, le64(header + P_OFFSET),
					  le64(header + P_FILESZ));
		return true;
	}
	return false;
}

static int check_header(struct elf *elf, unsigned int index, uint64_t ipa, uint64_t size)
{
	const uint8_t *header = header_at(elf, index);
	uint64_t start = le64(header + P_PADDR), length = le64(header + P_MEMSZ);
	struct elf_segment earlier;

	if (le32(header + P_TYPE) == TYPE_INTERP)
		return REFUSED_ELF_DYNAMIC;
	if (le32(header + P_TYPE) != TYPE_LOAD)
		return 0;
	if (le64(header + P_FILESZ) > length)
		return REFUSED_ELF_SEGMENT;
	if (!length)
		return 0;
	if (!blob_has(elf->file, le64(header + P_OFFSET), le64(header + P_FILESZ)))
		return REFUSED_ELF_TRUNCATED;
	if (!range_inside(start, length, ipa, size))
		return REFUSED_ELF_OUTSIDE;
	/*
	 * This segment and those before it are inside of the memory, so no sum wraps
	 * around. The loop ends at this segment: those after it are not checked yet.
	 */
	for (unsigned int i = 0; elf_next(elf, &i, &earlier) && i <= index;)
		if (start < earlier.ipa + earlier.size && earlier.ipa < start + length)
			return REFUSED_ELF_OVERLAP;
	return 0;
}

/* Set elf->entry. e_entry is a virtual address; a VM starts with its MMU off. */
static int find_entry(struct elf *elf)
{
	uint64_t entry = le64(elf->file.data + E_ENTRY);
	struct elf_segment segment;

	for (unsigned int i = 0; elf_next(elf, &i, &segment);) {
		const uint8_t *header = header_at(elf, i - 1);
		uint64_t offset = entry - le64(header + P_VADDR);

		if (!(le32(header + P_FLAGS) & FLAG_X) || !blob_has(segment.data, offset, 4))
			continue;
		elf->entry = segment.ipa + offset;
		return IS_ALIGNED(elf->entry, 4) ? 0 : REFUSED_ELF_ENTRY;
	}
	return REFUSED_ELF_ENTRY;
}

int elf_open(struct elf *elf, struct blob file, uint64_t ipa, uint64_t size)
{
	const uint8_t *header = file.data;
	unsigned int count;
	int result;

	if (!blob_has(file, 0, IDENT_SIZE) || memcmp(header, IDENT, IDENT_SIZE))
		return REFUSED_ELF_MAGIC;
	if (!blob_has(file, 0, FILE_HEADER))
		return REFUSED_ELF_TRUNCATED;
	if (header[E_CLASS] != CLASS_64 || header[E_DATA] != DATA_LSB ||
	    le16(header + E_MACHINE) != MACHINE_AARCH64)
		return REFUSED_ELF_KIND;
	if (le16(header + E_TYPE) != TYPE_EXEC)
		return le16(header + E_TYPE) == TYPE_DYN ? REFUSED_ELF_DYNAMIC : REFUSED_ELF_KIND;
	count = le16(header + E_PHNUM);
	if (le16(header + E_PHENTSIZE) != PROGRAM_HEADER || count > MAX_HEADERS)
		return REFUSED_ELF_HEADERS;
	if (!blob_has(file, le64(header + E_PHOFF), count * PROGRAM_HEADER))
		return REFUSED_ELF_TRUNCATED;

	elf->file = file;
	elf->headers = blob_part(file, le64(header + E_PHOFF), count * PROGRAM_HEADER);
	for (unsigned int i = 0; i < count; i++) {
		result = check_header(elf, i, ipa, size);
		if (result)
			return result;
	}
	return find_entry(elf);
}
