/* SPDX-License-Identifier: MIT */
/* The guest's own stage 1: EL1&0, TTBR0_EL1, 39 bits of VA, pages of 4 KiB. */
#ifndef GUEST_MMU_H
#define GUEST_MMU_H

#include "guest_layout.h"

/* The heap's VA is not its IPA: stage 1 translates it, then stage 2. */
#define HEAP_VA		U64(0x1000000000)
/* Mapped to nothing. */
#define HOLE_VA		U64(0x2000000000)

/*
 * Map image, stack, mailbox and UART where they are, and the heap at HEAP_VA;
 * text R-X, data RW-, nothing both; then turn the MMU on.
 */
void mmu_init(void);

#endif
