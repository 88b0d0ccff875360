// SPDX-License-Identifier: MIT
/* A device tree is checked once, as a whole, before anybody looks something up in it. */
#include "bits.h"
#include "error.h"
#include "fdt_token.h"
#include "refusal.h"
#include "string.h"

/* The header, by offset. */
#define MAGIC			0
#define TOTALSIZE		4
#define OFF_DT_STRUCT		8
#define OFF_DT_STRINGS		12
#define OFF_MEM_RSVMAP		16
#define VERSION			20
#define LAST_COMP_VERSION	24
#define SIZE_DT_STRINGS		32
#define SIZE_DT_STRUCT		36
#define HEADER_SIZE		40

#define FDT_MAGIC		0xd00dfeed
#define FDT_VERSION		17

/* Lookups rely on these properties, so they are one cell each. */
static bool value_ok(const struct fdt_token *property)
{
	return property->value.size == 4 ||
	       (strcmp(property->name, "#address-cells") &&
		strcmp(property->name, "#size-cells") && strcmp(property->name, "phandle"));
}

/* Paths could not name a node with another name. */
static bool name_ok(const char *name)
{
	const char *p = name;

	while (*p && *p != '/')
		p++;
	return p != name && *p == 0;
}

static int check_structure(struct fdt *fdt)
{
	unsigned int depth = 0;
	bool before_subnodes = false;
	struct fdt_token token;
	uint32_t at = 0;
	int result;

	fdt->root = FDT_NONE;
	for (; !(result = fdt_token(fdt, at, &token)); at = token.next) {
		switch (token.kind) {
		case FDT_BEGIN_NODE:
			if (depth == 0 && fdt->root != FDT_NONE)
				return REFUSED_FDT_NESTING;	/* a second root */
			if (depth == 0)
				fdt->root = at;
			else if (!name_ok(token.name))
				return REFUSED_FDT_NAME;
			if (depth++ == FDT_MAX_DEPTH)
				return REFUSED_FDT_DEPTH;
			before_subnodes = true;
			break;
		case FDT_PROP:
			if (!before_subnodes)
				return depth ? REFUSED_FDT_ORDER : REFUSED_FDT_NESTING;
			if (!value_ok(&token))
				return REFUSED_FDT_VALUE;
			break;
		case FDT_END_NODE:
			if (depth-- == 0)
				return REFUSED_FDT_NESTING;
			before_subnodes = false;
			break;
		case FDT_END:
			if (depth || fdt->root == FDT_NONE)
				return REFUSED_FDT_NESTING;
			return token.next == fdt->structure.size ? 0 : REFUSED_FDT_BLOCK;
		}
	}
	return result;
}

int fdt_reservation(const struct fdt *fdt, uint32_t index, struct fdt_range *range)
{
	uint64_t offset = fdt->reservations + (uint64_t)index * 16;

	if (!blob_has(fdt->blob, offset, 16))
		return REFUSED_FDT_BLOCK;
	range->address = be64(fdt->blob.data + offset);
	range->size = be64(fdt->blob.data + offset + 8);
	if (!range->address && !range->size)
		return E_NOT_FOUND;
	return range_wraps(range->address, range->size) ? REFUSED_FDT_RESERVATION : 0;
}

static int check_reservations(const struct fdt *fdt)
{
	struct fdt_range range;
	uint32_t index = 0;
	int result;

	do
		result = fdt_reservation(fdt, index++, &range);
	while (!result);
	return result == E_NOT_FOUND ? 0 : result;
}

int fdt_open(struct fdt *fdt, struct blob blob)
{
	const uint8_t *header = blob.data;
	uint32_t structure, strings, structure_size, strings_size;
	int result;

	if (!blob_has(blob, 0, HEADER_SIZE))
		return REFUSED_FDT_TRUNCATED;
	if (be32(header + MAGIC) != FDT_MAGIC)
		return REFUSED_FDT_MAGIC;
	if (be32(header + VERSION) < FDT_VERSION || be32(header + LAST_COMP_VERSION) > FDT_VERSION)
		return REFUSED_FDT_VERSION;
	if (be32(header + TOTALSIZE) > FDT_MAX_SIZE)
		return REFUSED_FDT_SIZE;
	if (!blob_has(blob, 0, be32(header + TOTALSIZE)))
		return REFUSED_FDT_TRUNCATED;
	fdt->blob = blob_part(blob, 0, be32(header + TOTALSIZE));

	structure = be32(header + OFF_DT_STRUCT);
	structure_size = be32(header + SIZE_DT_STRUCT);
	strings = be32(header + OFF_DT_STRINGS);
	strings_size = be32(header + SIZE_DT_STRINGS);
	fdt->reservations = be32(header + OFF_MEM_RSVMAP);
	if (!blob_has(fdt->blob, structure, structure_size) || !IS_ALIGNED(structure, 4) ||
	    !blob_has(fdt->blob, strings, strings_size) || !IS_ALIGNED(fdt->reservations, 8))
		return REFUSED_FDT_BLOCK;
	fdt->structure = blob_part(fdt->blob, structure, structure_size);
	fdt->strings = blob_part(fdt->blob, strings, strings_size);
	/* With a final 0 every string of the block ends inside of it. */
	if (strings_size && fdt->strings.data[strings_size - 1] != 0)
		return REFUSED_FDT_STRINGS;

	result = check_reservations(fdt);
	return result ? result : check_structure(fdt);
}
