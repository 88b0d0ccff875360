/* SPDX-License-Identifier: MIT */
/*
 * Translation table descriptors, 4 KiB granule, VMSAv8-64. Arm ARM,
 * "Translation table descriptor formats" and "Descriptor fields" of the
 * chapter "The AArch64 Virtual Memory System Architecture".
 *
 *	 63     55 54 53 52 51 50 49 48 47          12 11 10 9 8 7 6 5   2 1 0
 *	+---------+-----+-----+-----+--+--------------+--+--+---+---+-----+---+
 *	| ignored | XN  | Cont| DBM | 0| output addr. |nG|AF|SH |AP |Attr | t |
 *	+---------+-----+-----+-----+--+--------------+--+--+---+---+-----+---+
 *
 * t is 0b11 for a table (levels 0 to 2) and for a page (level 3), and 0b01 for
 * a block (levels 1 and 2); an even value is invalid at every level.
 */
#ifndef PTE_H
#define PTE_H

#include "bits.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	BIT(PAGE_SHIFT)
#define BLOCK_2M	BIT(21)			/* a level 2 block */
#define PT_ENTRIES	512			/* a table: one page of these */
#define PT_LAST_LEVEL	3

#define PTE_VALID	BIT(0)
#define PTE_TYPE	GENMASK(1, 0)
#define PTE_TABLE	U64(3)			/* levels 0 to 2 */
#define PTE_BLOCK	U64(1)			/* levels 1 and 2 */
#define PTE_PAGE	U64(3)			/* level 3 */
#define PTE_ADDR	GENMASK(47, 12)
#define PTE_AF		BIT(10)			/* accessed; 0 faults */
#define PTE_SH		GENMASK(9, 8)
#define PTE_SH_NONE	(U64(0) << 8)
#define PTE_SH_OUTER	(U64(2) << 8)
#define PTE_SH_INNER	(U64(3) << 8)

/* Stage 1. The single-privilege regime of EL2 has one XN bit, 54. */
#define S1_ATTRINDX	GENMASK(4, 2)		/* a field of MAIR_ELx */
#define S1_AP_RES1	BIT(6)			/* AP[1]: RES1 at EL2 */
#define S1_AP_RO	BIT(7)			/* AP[2]: read-only */
#define S1_NG		BIT(11)			/* EL1&0: tagged by ASID */
#define S1_XN		BIT(54)			/* EL2: XN. EL1&0: UXN */
#define S1_PXN		BIT(53)			/* EL1&0; RES0 at EL2 */

/* Stage 2: the descriptor holds the attributes themselves, not an index. */
#define S2_MEMATTR	GENMASK(5, 2)
#define S2_MEMATTR_NORMAL_WB	(U64(0xf) << 2)	/* outer and inner WB */
#define S2_MEMATTR_DEVICE_nGnRE	(U64(1) << 2)
#define S2_S2AP_R	BIT(6)			/* S2AP[0]: readable */
#define S2_S2AP_W	BIT(7)			/* S2AP[1]: writable */
#define S2_XN		BIT(54)			/* XN[1:0] = 0b10: never executable */

/* One attribute byte of MAIR_ELx. */
#define MAIR_DEVICE_nGnRnE	U64(0x00)
#define MAIR_DEVICE_nGnRE	U64(0x04)
#define MAIR_NORMAL_NC		U64(0x44)
#define MAIR_NORMAL_WB		U64(0xff)	/* WB, read and write allocate */
#define MAIR_ATTR(index, attr)	((attr) << (8 * (index)))

#endif
