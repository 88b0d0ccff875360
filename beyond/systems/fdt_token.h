/* SPDX-License-Identifier: MIT */
/* Tokens of the structure block (Devicetree Specification, "Structure Block"). */
#ifndef FDT_TOKEN_H
#define FDT_TOKEN_H

#include "fdt.h"

enum fdt_token_kind {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

struct fdt_token {
	uint32_t kind;
	uint32_t next;		/* offset of the token after it */
	const char *name;	/* of a node or property, else NULL */
	struct blob value;	/* of a property */
};

/*
 * Read the token at offset `at` of the structure block; any offset will do. 0, or a
 * refusal if the token is not all inside of the block, or its name of the strings.
 */
int fdt_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token);

#endif
