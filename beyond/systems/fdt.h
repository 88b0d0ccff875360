/* SPDX-License-Identifier: MIT */
/*
 * Flattened device trees, read in place (Devicetree Specification, chapters 2 and 5).
 * fdt_open() checks a whole tree. After that no lookup can meet a malformed one: what
 * is asked for is there, or it is not.
 */
#ifndef FDT_H
#define FDT_H

#include "blob.h"

/* A node is the offset of its token in the structure block; FDT_NONE is no node. */
#define FDT_NONE	UINT32_MAX

/* How deep nodes may nest, the root included. */
#define FDT_MAX_DEPTH	16

/* No larger tree is accepted: Linux maps 2 MiB for it ("Booting AArch64 Linux"). */
#define FDT_MAX_SIZE	0x200000

struct fdt {
	struct blob blob;		/* of the size that the header says */
	struct blob structure, strings;	/* the blocks */
	uint32_t reservations;		/* offset of the memory reservation block */
	uint32_t root;			/* the root node */
};

struct fdt_range {
	uint64_t address, size;		/* in bytes; address + size does not wrap around */
};

/*
 * Check the tree at the beginning of `blob`: header, blocks, tokens, nesting, names,
 * reserved memory, and the length of #address-cells, #size-cells and phandle. 0 or a refusal,
 * REFUSED_FDT_*. Then the functions below work on it. In fdt_check.c.
 */
int fdt_open(struct fdt *fdt, struct blob blob);

/* Entry `index` of the memory reservation block. 0, E_NOT_FOUND after the last one. */
int fdt_reservation(const struct fdt *fdt, uint32_t index, struct fdt_range *range);

/* The child of `node` after `child`; the first for FDT_NONE. FDT_NONE after the last. */
uint32_t fdt_child(const struct fdt *fdt, uint32_t node, uint32_t child);

/* The parent of `node`; FDT_NONE for the root. Searches from the root on. */
uint32_t fdt_parent(const struct fdt *fdt, uint32_t node);

/*
 * The node at a path, such as "/cpus/cpu@0", or FDT_NONE. "/" is the root. A name
 * without a unit address finds the node of that name, or else the first one that has
 * an address too: "/memory".
 */
uint32_t fdt_path(const struct fdt *fdt, const char *path);

/* The next node after `node`, in the tree's order, compatible with `name`; or FDT_NONE. */
uint32_t fdt_compatible(const struct fdt *fdt, uint32_t node, const char *name);

/* The node whose phandle property has that value, or FDT_NONE. */
uint32_t fdt_phandle(const struct fdt *fdt, uint64_t phandle);

/* The name of a node, with its unit address; "" for the root. */
const char *fdt_name(const struct fdt *fdt, uint32_t node);

/* The value of a property; its data is NULL if `node` has no such property. */
struct blob fdt_property(const struct fdt *fdt, uint32_t node, const char *name);

/*
 * String `index` of a property that is a list of strings, or NULL: no such property,
 * a shorter list, or no final 0.
 */
const char *fdt_string(const struct fdt *fdt, uint32_t node, const char *name,
		       unsigned int index);

/*
 * Set `*value` to a property of one number, of 4 or 8 bytes. 0; E_NOT_FOUND (`*value`
 * stays), REFUSED_FDT_VALUE.
 */
int fdt_number(const struct fdt *fdt, uint32_t node, const char *name, uint64_t *value);

/*
 * Take a number of `cells` cells (of 4 bytes; 0 to 2) from the front of `*list`: for
 * interrupts and the like. 0, or REFUSED_FDT_VALUE if the list is too short.
 */
int fdt_take_cells(struct blob *list, uint64_t cells, uint64_t *value);

/*
 * Entry `index` of the reg property, with the parent's #address-cells and #size-cells.
 * Addresses are those of the parent's bus: no ranges property is applied. 0;
 * E_NOT_FOUND, REFUSED_FDT_VALUE, REFUSED_FDT_REG.
 */
int fdt_reg(const struct fdt *fdt, uint32_t node, uint32_t index, struct fdt_range *range);

#endif
