// SPDX-License-Identifier: MIT
/* What a property holds (Devicetree Specification, "Property Values"). */
#include <stddef.h>

#include "error.h"
#include "fdt_token.h"
#include "refusal.h"
#include "string.h"

const char *fdt_name(const struct fdt *fdt, uint32_t node)
{
	struct fdt_token token;

	return fdt_token(fdt, node, &token) ? NULL : token.name;
}

struct blob fdt_property(const struct fdt *fdt, uint32_t node, const char *name)
{
	struct fdt_token token;
	uint32_t at = node;

	/* The properties of a node come before its first subnode. */
	for (; !fdt_token(fdt, at, &token); at = token.next) {
		if (token.kind == FDT_PROP && !strcmp(token.name, name))
			return token.value;
		if (token.kind != FDT_PROP && token.kind != FDT_NOP && at != node)
			break;
	}
	return (struct blob){ 0 };
}

const char *fdt_string(const struct fdt *fdt, uint32_t node, const char *name,
		       unsigned int index)
{
	struct blob list = fdt_property(fdt, node, name);
	const char *s = (const char *)list.data;

	if (!list.size || list.data[list.size - 1] != 0)
		return NULL;
	for (const char *end = s + list.size; s < end; s += strlen(s) + 1)
		if (index-- == 0)
			return s;
	return NULL;
}

int fdt_take_cells(struct blob *list, uint64_t cells, uint64_t *value)
{
	if (cells > 2 || !blob_has(*list, 0, cells * 4))
		return REFUSED_FDT_VALUE;
	*value = 0;
	for (; cells; cells--) {
		*value = *value << 32 | be32(list->data);
		*list = blob_part(*list, 4, list->size - 4);
	}
	return 0;
}

int fdt_number(const struct fdt *fdt, uint32_t node, const char *name, uint64_t *value)
{
	struct blob property = fdt_property(fdt, node, name);

	if (!property.data)
		return E_NOT_FOUND;
	if (property.size != 4 && property.size != 8)
		return REFUSED_FDT_VALUE;
	return fdt_take_cells(&property, property.size / 4, value);
}

int fdt_reg(const struct fdt *fdt, uint32_t node, uint32_t index, struct fdt_range *range)
{
	struct blob reg = fdt_property(fdt, node, "reg");
	uint32_t parent = fdt_parent(fdt, node);
	uint64_t address_cells = 2, size_cells = 1;	/* if the parent does not say */
	uint64_t entry;

	if (!reg.data)
		return E_NOT_FOUND;
	fdt_number(fdt, parent, "#address-cells", &address_cells);
	fdt_number(fdt, parent, "#size-cells", &size_cells);
	if (address_cells < 1 || address_cells > 2 || size_cells > 2)
		return REFUSED_FDT_VALUE;
	entry = (address_cells + size_cells) * 4;
	if (reg.size % entry)
		return REFUSED_FDT_VALUE;
	if (index >= reg.size / entry)
		return E_NOT_FOUND;
	reg = blob_part(reg, index * entry, entry);
	fdt_take_cells(&reg, address_cells, &range->address);
	fdt_take_cells(&reg, size_cells, &range->size);
	return range_wraps(range->address, range->size) ? REFUSED_FDT_REG : 0;
}
