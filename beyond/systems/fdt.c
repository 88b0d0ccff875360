// SPDX-License-Identifier: MIT
#include "fdt.h"

#include <stddef.h>

#include "bits.h"
#include "error.h"
#include "fdt_token.h"
#include "refusal.h"
#include "string.h"

int fdt_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token)
{
	const struct blob block = fdt->structure;
	uint64_t end = (uint64_t)at + 4;
	const uint8_t *p;

	if (!blob_has(block, at, 4))
		return REFUSED_FDT_TOKEN;
	p = block.data + at;
	*token = (struct fdt_token){ .kind = be32(p) };
	switch (token->kind) {
	case FDT_BEGIN_NODE:
		token->name = (const char *)p + 4;
		do
			if (!blob_has(block, end, 1))
				return REFUSED_FDT_TOKEN;
		while (block.data[end++]);
		break;
	case FDT_PROP:
		if (!blob_has(block, at, 12) || !blob_has(block, (uint64_t)at + 12, be32(p + 4)))
			return REFUSED_FDT_TOKEN;
		if (!blob_has(fdt->strings, be32(p + 8), 1))
			return REFUSED_FDT_STRINGS;
		token->name = (const char *)fdt->strings.data + be32(p + 8);
		token->value = blob_part(block, (uint64_t)at + 12, be32(p + 4));
		end = at + 12 + token->value.size;
		break;
	case FDT_END_NODE:
	case FDT_NOP:
	case FDT_END:
		break;
	default:
		return REFUSED_FDT_TOKEN;
	}
	token->next = ALIGN_UP(end, 4);
	return 0;
}

/* The node after `node` in the tree's order. `*depth` changes with the depth. */
static uint32_t next_node(const struct fdt *fdt, uint32_t node, int *depth)
{
	struct fdt_token token;

	for (uint32_t at = node; !fdt_token(fdt, at, &token); at = token.next) {
		if (token.kind == FDT_END)
			break;
		if (token.kind == FDT_END_NODE)
			--*depth;
		if (token.kind == FDT_BEGIN_NODE && at != node) {
			++*depth;
			return at;
		}
	}
	return FDT_NONE;
}

uint32_t fdt_child(const struct fdt *fdt, uint32_t node, uint32_t child)
{
	int depth = child == FDT_NONE ? 0 : 1;
	uint32_t next = child == FDT_NONE ? node : child;

	do
		next = next_node(fdt, next, &depth);
	while (next != FDT_NONE && depth > 1);
	return depth == 1 ? next : FDT_NONE;
}

uint32_t fdt_parent(const struct fdt *fdt, uint32_t node)
{
	uint32_t above[FDT_MAX_DEPTH], at = fdt->root;
	int depth = 0;

	for (; at != FDT_NONE && at != node; at = next_node(fdt, at, &depth))
		above[depth] = at;
	return at != FDT_NONE && depth > 0 ? above[depth - 1] : FDT_NONE;
}

/* The child called as the first `length` characters of `wanted`, at best exactly. */
static uint32_t child_named(const struct fdt *fdt, uint32_t node, const char *wanted,
			    size_t length)
{
	uint32_t child = FDT_NONE, without_address = FDT_NONE;

	while ((child = fdt_child(fdt, node, child)) != FDT_NONE) {
		const char *name = fdt_name(fdt, child);
		size_t same = 0;

		while (same < length && name[same] == wanted[same])
			same++;
		if (same == length && name[same] == 0)
			return child;
		if (same == length && name[same] == '@' && without_address == FDT_NONE)
			without_address = child;
	}
	return without_address;
}

uint32_t fdt_path(const struct fdt *fdt, const char *path)
{
	uint32_t node = fdt->root;
	size_t length;

	while (node != FDT_NONE && *path) {
		for (length = 0; path[length] && path[length] != '/'; length++)
			;
		if (length)
			node = child_named(fdt, node, path, length);
		path += length ? length : 1;	/* or the slash */
	}
	return node;
}

uint32_t fdt_compatible(const struct fdt *fdt, uint32_t node, const char *name)
{
	const char *entry;
	int depth = 0;

	while ((node = next_node(fdt, node, &depth)) != FDT_NONE)
		for (unsigned int i = 0; (entry = fdt_string(fdt, node, "compatible", i)); i++)
			if (!strcmp(entry, name))
				return node;
	return FDT_NONE;
}

uint32_t fdt_phandle(const struct fdt *fdt, uint64_t phandle)
{
	uint32_t node = fdt->root;
	uint64_t value;
	int depth = 0;

	for (; node != FDT_NONE; node = next_node(fdt, node, &depth))
		if (!fdt_number(fdt, node, "phandle", &value) && value == phandle)
			break;
	return node;
}
