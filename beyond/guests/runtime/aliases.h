/* SPDX-License-Identifier: MIT */
/* Second mappings of the image's 2 MiB block, for faults on purpose and for EL0. */
#ifndef ALIASES_H
#define ALIASES_H

#define ALIAS_READ_ONLY		0	/* a store is a permission fault */
#define ALIAS_NO_EXECUTE	1	/* so is an instruction fetch */
#define ALIAS_NOT_ACCESSED	2	/* AF = 0: any access is an access flag fault */
#define ALIAS_EL0_CODE		3	/* EL0 may execute and read it */
#define ALIAS_EL0_DATA		4	/* EL0 may read and write it */
#define ALIAS_SPARE		5	/* EL1 may read and write it; a check unmaps it */

#ifndef __ASSEMBLER__
#include "bits.h"

#define UNMAPPED_VA		U64(0x80000000)	/* a translation fault at level 1 */

/* The address of `object` of the image in alias `slot`. */
#define alias_of(slot, object)	\
	(U64(0xc0000000) + ((uint64_t)(slot) << 21) + ((uint64_t)(object) & (BIT(21) - 1)))
#endif

#endif
