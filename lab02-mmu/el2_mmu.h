/* SPDX-License-Identifier: MIT */
/*
 * EL2's own translation: stage 1 of the EL2 regime, identity-mapped. Arm ARM,
 * "The AArch64 Virtual Memory System Architecture"; registers MAIR_EL2,
 * TCR_EL2, TTBR0_EL2, SCTLR_EL2.
 */
#ifndef EL2_MMU_H
#define EL2_MMU_H

#include "pgtable.h"

/* Virtual addresses of EL2: 39 bits, so walks start at level 1. */
#define HYP_VA_BITS	39

/* Indices into MAIR_EL2. */
#define MAIR_INDEX_NORMAL	0	/* Normal, write-back */
#define MAIR_INDEX_DEVICE	1	/* Device-nGnRE */

/* Set MAIR_EL2 and TCR_EL2: memory attributes and table walks of EL2. */
void el2_translation_control(void);

/* Set the control registers and map EL2's image and devices. The MMU stays off. */
void el2_mmu_init(void);

/* Turn on the MMU and the caches, with WXN: writable memory is never executable. */
void el2_mmu_enable(void);

/* As pt_map() and pt_unmap(), on EL2's live table. */
int el2_map(uint64_t va, uint64_t pa, uint64_t size, unsigned int prot);
int el2_unmap(uint64_t va, uint64_t size);

/*
 * Point the page that maps `va` at `pa`, break-before-make. E_INVALID (not
 * page-aligned, or `pa` beyond 48 bits), E_NOT_FOUND (`va` is not mapped by a
 * page); then nothing has changed.
 */
int el2_remap_page(uint64_t va, uint64_t pa, unsigned int prot);

/* EL2's table and regime, for tests and printing. */
struct pgtable *el2_pgtable(void);
extern const struct pt_regime el2_regime;

/*
 * The width of a physical address, in bits and in the encoding of TCR_ELx.PS:
 * ID_AA64MMFR0_EL1.PARange, limited to 48 bits, the maximum for descriptors of the
 * 4 KiB granule without FEAT_LPA2.
 */
unsigned int cpu_pa_bits(void);
unsigned int cpu_pa_range(void);

#endif
