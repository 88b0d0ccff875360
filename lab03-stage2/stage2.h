/* SPDX-License-Identifier: MIT */
/*
 * Stage 2: from a VM's intermediate physical addresses (IPA) to physical ones
 * (PA). Arm ARM, "The AArch64 Virtual Memory System Architecture", stage 2;
 * registers VTCR_EL2, VTTBR_EL2, HCR_EL2.
 */
#ifndef STAGE2_H
#define STAGE2_H

#include "pgtable.h"

/*
 * 40 bits of IPA, or fewer if the core has fewer PA bits. Walks start at level 1;
 * 40 bits need two concatenated root tables ("Concatenated translation tables").
 */
#define S2_IPA_BITS_MAX	40
#define S2_ROOT_PAGES	2
unsigned int s2_ipa_bits(void);

/*
 * Set VTCR_EL2, which is the same for all VMs, and invalidate the TLB. Call once,
 * before s2_activate().
 */
void s2_init(void);

/* The regime of all stage-2 tables, for tests. */
extern const struct pt_regime s2_regime;

/* pt_create() for the VM with identifier `vmid`, 1 to 255. */
int s2_create(struct pgtable *s2, uint8_t vmid);

/* pt_map() and pt_unmap() for stage 2: [ipa, ipa + size) to [pa, pa + size). */
int s2_map(struct pgtable *s2, uint64_t ipa, uint64_t pa, uint64_t size,
	   unsigned int prot);
int s2_unmap(struct pgtable *s2, uint64_t ipa, uint64_t size);

/* Set `*pa` to the PA that `ipa` maps to. 0, or E_NOT_FOUND. */
int s2_walk(struct pgtable *s2, uint64_t ipa, uint64_t *pa);

/* Make `s2` the stage 2 of EL1 and EL0: set VTTBR_EL2 and HCR_EL2.VM. */
void s2_activate(const struct pgtable *s2);

/* The value of VTTBR_EL2 for `s2`: root table and VMID. */
uint64_t s2_vttbr(const struct pgtable *s2);

/*
 * Invalidate all TLB entries of this table's VMID, of both stages, complete on
 * return. For a VMID that is about to be reused.
 */
void s2_forget_vmid(const struct pgtable *s2);

#endif
