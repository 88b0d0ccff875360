// SPDX-License-Identifier: MIT
#include "stage2.h"

#include "barrier.h"
#include "el2_mmu.h"
#include "error.h"
#include "sysreg.h"

unsigned int s2_ipa_bits(void)
{
	return MIN(cpu_pa_bits(), S2_IPA_BITS_MAX);
}

void s2_init(void)
{
	/* HOLE(lab03.1): VTCR_EL2: T0SZ and the SL0 that fits it, PS from the core. */
	/*
	 * SL0 = 1 starts the walk at level 1. For the 4 KiB granule one table
	 * covers 31 to 39 bits of IPA there, and two concatenated ones 40.
	 */
	write_sysreg(vtcr_el2,
		     VTCR_EL2_RES1 |
		     FIELD_PREP(TCR_T0SZ, 64 - s2_ipa_bits()) |
		     FIELD_PREP(VTCR_EL2_SL0, 1) |
		     FIELD_PREP(TCR_EL2_PS, cpu_pa_range()) |
		     TCR_TG0_4K | TCR_SH0_INNER |
		     TCR_ORGN0_WBWA | TCR_IRGN0_WBWA);
	/* END(lab03.1) */
	isb();
	/* After reset the TLB may hold any entries, of any VMID. */
	__asm__ volatile("tlbi alle1" ::: "memory");
	dsb(nsh);
	isb();
}

static uint64_t s2_attributes(unsigned int prot)
{
	/* HOLE(lab03.2): Attributes of a stage-2 leaf: MemAttr, S2AP, SH, AF, XN. */
	uint64_t attributes = PTE_AF | S2_S2AP_R;

	/*
	 * The stricter attribute of the two stages applies, so Normal write-back
	 * leaves the choice to the guest ("Combining stage 1 and stage 2
	 * attributes").
	 */
	if (prot & PROT_DEVICE)
		attributes |= S2_MEMATTR_DEVICE_nGnRE;
	else
		attributes |= S2_MEMATTR_NORMAL_WB | PTE_SH_INNER;
	if (prot & PROT_W)
		attributes |= S2_S2AP_W;
	if (!(prot & PROT_X) || (prot & PROT_DEVICE))
		attributes |= S2_XN;
	return attributes;
	/* END(lab03.2) */
}

uint64_t s2_vttbr(const struct pgtable *s2)
{
	/* HOLE(lab03.3): The root table's address and the VMID. */
	return FIELD_PREP(VTTBR_EL2_VMID, s2->vmid) | (uint64_t)s2->root;
	/* END(lab03.3) */
}

/*
 * TLBI instructions for EL1&0 act on the VMID in VTTBR_EL2. Switch to the VMID of
 * `s2` and return the previous VTTBR_EL2, for return_vmid().
 */
static uint64_t borrow_vmid(const struct pgtable *s2)
{
	uint64_t before = read_sysreg(vttbr_el2);

	write_sysreg(vttbr_el2, s2_vttbr(s2));
	isb();		/* before the TLBI looks at it */
	return before;
}

static void return_vmid(uint64_t before)
{
	write_sysreg(vttbr_el2, before);
	isb();
}

static void s2_invalidate(const struct pgtable *s2, uint64_t ipa)
{
	uint64_t before = borrow_vmid(s2);

	/* HOLE(lab03.4): Invalidate the TLB entries of this VMID for `ipa`, of both stages. */
	/* The walkers must see the cleared entry, or they could reload the old one. */
	dsb(ishst);
	__asm__ volatile("tlbi ipas2e1is, %0" :: "r"(ipa >> PAGE_SHIFT) : "memory");
	/*
	 * A TLB may also combine both stages in one entry from VA to PA, which
	 * has no IPA to match: invalidate all stage-1 entries of the VMID, after
	 * those of stage 2.
	 */
	dsb(ish);
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
	dsb(ish);	/* no access by the old translation is in progress */
	isb();
	/* END(lab03.4) */
	return_vmid(before);
}

const struct pt_regime s2_regime = {
	.name = "stage2",
	.start_level = 1,
	.root_pages = S2_ROOT_PAGES,
	.attributes = s2_attributes,
	.invalidate = s2_invalidate,
};

int s2_create(struct pgtable *s2, uint8_t vmid)
{
	int error = pt_create(s2, &s2_regime, s2_ipa_bits());

	s2->vmid = vmid;
	return error;
}

int s2_map(struct pgtable *s2, uint64_t ipa, uint64_t pa, uint64_t size,
	   unsigned int prot)
{
	return pt_map(s2, ipa, pa, size, prot);
}

int s2_unmap(struct pgtable *s2, uint64_t ipa, uint64_t size)
{
	return pt_unmap(s2, ipa, size);
}

int s2_walk(struct pgtable *s2, uint64_t ipa, uint64_t *pa)
{
	/* HOLE(lab03.4): Find the leaf that maps `ipa` and compute the PA. */
	unsigned int level;
	uint64_t leaf = pt_lookup(s2, ipa, &level);

	if (!leaf)
		return E_NOT_FOUND;
	*pa = (leaf & PTE_ADDR) + ipa % pt_entry_size(level);
	return 0;
	/* END(lab03.4) */
}

void s2_activate(const struct pgtable *s2)
{
	/* HOLE(lab03.5): Set VTTBR_EL2 and HCR_EL2.VM, in effect on return. */
	write_sysreg(vttbr_el2, s2_vttbr(s2));
	write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_VM | HCR_EL2_RW);
	isb();		/* an AT instruction may come next */
	/* END(lab03.5) */
}

void s2_forget_vmid(const struct pgtable *s2)
{
	uint64_t before = borrow_vmid(s2);

	/* HOLE(lab03.5): Invalidate all TLB entries of this VMID. */
	dsb(ishst);
	__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	dsb(ish);
	isb();
	/* END(lab03.5) */
	return_vmid(before);
}
