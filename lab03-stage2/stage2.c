// SPDX-License-Identifier: MIT
#include "stage2.h"

#include "barrier.h"
#include "el2_mmu.h"
#include "error.h"
#include "sysreg.h"
#include "todo.h"

unsigned int s2_ipa_bits(void)
{
	return MIN(cpu_pa_bits(), S2_IPA_BITS_MAX);
}

void s2_init(void)
{
	/* TODO(lab03.1): VTCR_EL2: T0SZ and the SL0 that fits it, PS from the core. */
	todo("lab03.1", "s2_init() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-1");
	/* END(lab03.1) */
	isb();
	/* After reset the TLB may hold any entries, of any VMID. */
	__asm__ volatile("tlbi alle1" ::: "memory");
	dsb(nsh);
	isb();
}

static uint64_t s2_attributes(unsigned int prot)
{
	/* TODO(lab03.2): Attributes of a stage-2 leaf: MemAttr, S2AP, SH, AF, XN. */
	todo("lab03.2", "s2_attributes() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-2");
	/* END(lab03.2) */
}

uint64_t s2_vttbr(const struct pgtable *s2)
{
	/* TODO(lab03.3): The root table's address and the VMID. */
	todo("lab03.3", "s2_vttbr() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-3");
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

	/* TODO(lab03.4): Invalidate the TLB entries of this VMID for `ipa`, of both stages. */
	todo("lab03.4", "s2_invalidate() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-4");
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
	/* TODO(lab03.4): Find the leaf that maps `ipa` and compute the PA. */
	todo("lab03.4", "s2_walk() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-4");
	/* END(lab03.4) */
}

void s2_activate(const struct pgtable *s2)
{
	/* TODO(lab03.5): Set VTTBR_EL2 and HCR_EL2.VM, in effect on return. */
	todo("lab03.5", "s2_activate() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-5");
	/* END(lab03.5) */
}

void s2_forget_vmid(const struct pgtable *s2)
{
	uint64_t before = borrow_vmid(s2);

	/* TODO(lab03.5): Invalidate all TLB entries of this VMID. */
	todo("lab03.5", "s2_forget_vmid() in lab03-stage2/stage2.c, read lab03-stage2/README.md#task-5");
	/* END(lab03.5) */
	return_vmid(before);
}
