/* SPDX-License-Identifier: MIT */
/*
 * The guest's stage 1: constant tables, so that nothing is written to memory while the MMU is
 * off. Arm ARM, "Translation table descriptor formats".
 *
 *	VA 0x00000000	1 GiB of devices, never executable
 *	VA 0x40000000	32 MiB of RAM, for EL1 alone
 *	VA 0x80000000	nothing: a translation fault at level 1
 *	VA 0xc0000000	the image's 2 MiB block again, under the attributes of aliases.h
 */
#include "aliases.h"

#define BLOCK		0x1
#define TABLE		0x3
#define NORMAL		(1 << 2)	/* MAIR_EL1's attribute 1; 0 is a device */
#define EL0		(1 << 6)	/* AP[1]: EL0 may access it */
#define READ_ONLY	(1 << 7)	/* AP[2] */
#define INNER		(3 << 8)	/* Inner Shareable */
#define ACCESSED	(1 << 10)	/* AF */
#define PXN		(1 << 53)
#define UXN		(1 << 54)

#define IMAGE		0x40200000

	.macro alias slot, attributes
	.org	alias_level2 + 8 * \slot
	.quad	IMAGE + (BLOCK | NORMAL | INNER) + (\attributes)
	.endm

	.section .tables, "aw"
	.balign	4096
	.globl	level1_table
level1_table:
	.quad	BLOCK | ACCESSED | PXN | UXN
	.quad	ram_level2 + TABLE
	.quad	0
	.quad	alias_level2 + TABLE
	.fill	508, 8, 0

ram_level2:
	.set	block, 0
	.rept	16
	.quad	0x40000000 + (block << 21) + (BLOCK | NORMAL | INNER | ACCESSED | UXN)
	.set	block, block + 1
	.endr
	.fill	496, 8, 0

	.globl	alias_level2
alias_level2:
	alias	ALIAS_READ_ONLY, ACCESSED | READ_ONLY | UXN
	alias	ALIAS_NO_EXECUTE, ACCESSED | PXN | UXN
	alias	ALIAS_NOT_ACCESSED, UXN
	alias	ALIAS_EL0_CODE, ACCESSED | READ_ONLY | EL0 | PXN
	alias	ALIAS_EL0_DATA, ACCESSED | EL0 | PXN | UXN
	alias	ALIAS_SPARE, ACCESSED | PXN | UXN
	.org	alias_level2 + 4096
