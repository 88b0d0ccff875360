/* SPDX-License-Identifier: MIT */
/* The guest's own stage 1: EL1&0, TTBR0_EL1, 39 bits of VA, pages of 4 KiB. */
#ifndef GUEST_MMU_H
#define GUEST_MMU_H

#include "guest_layout.h"

/* The heap's VA is not its IPA: stage 1 translates it, then stage 2. */
#define HEAP_VA		U64(0x1000000000)
/* Not mapped. */
#define HOLE_VA		U64(0x2000000000)

/*
 * Map image, stack, mailbox and UART at VA = IPA and the heap at HEAP_VA; text is
 * R-X, data RW-, nothing is writable and executable. Then turn the MMU on.
 */
void mmu_init(void);

#endif
