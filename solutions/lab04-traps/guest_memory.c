// SPDX-License-Identifier: MIT
#include "guest_memory.h"

#include "barrier.h"
#include "cache.h"
#include "error.h"
#include "stage2.h"
#include "string.h"
#include "sysreg.h"

int guest_va_to_ipa(uint64_t va, uint64_t *ipa)
{
	/* HOLE(lab04.6): AT S1E1R; preserve PAR_EL1, which is the guest's. */
	uint64_t guest_par = read_sysreg(par_el1);
	uint64_t par;

	__asm__ volatile("at s1e1r, %0" :: "r"(va) : "memory");
	isb();		/* PAR_EL1 has the result only after this */
	par = read_sysreg(par_el1);
	write_sysreg(par_el1, guest_par);
	if (par & PAR_EL1_F)
		return E_FAULT;
	*ipa = (par & PAR_EL1_PA) | (va % PAGE_SIZE);
	return 0;
	/* END(lab04.6) */
}

int guest_copy_from(struct vcpu *vcpu, void *to, uint64_t va, size_t size)
{
	/* HOLE(lab04.6): Page by page: VA to IPA, check the owner, IPA to PA, copy. */
	char *out = to;

	if (va + size < va)
		return E_FAULT;
	while (size) {
		size_t part = MIN(size, PAGE_SIZE - va % PAGE_SIZE);
		uint64_t ipa, pa;

		if (guest_va_to_ipa(va, &ipa) || !vm_owns(vcpu->vm, ipa, part) ||
		    s2_walk(&vcpu->vm->s2, ipa, &pa))
			return E_FAULT;
		/* The guest may have written it past the caches: cache.h. */
		cache_clean_invalidate((void *)pa, part);
		memcpy(out, (void *)pa, part);
		out += part;
		va += part;
		size -= part;
	}
	return 0;
	/* END(lab04.6) */
}
