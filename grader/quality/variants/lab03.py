# SPDX-License-Identifier: MIT
"""Variants of lab 3."""

from __future__ import annotations

from . import Edit, Variant

STAGE2 = "lab03-stage2/stage2.c"
VM = "lab03-stage2/vm.c"

TLBI = """\
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
"""
VMALLS12 = '\t__asm__ volatile("tlbi vmalls12e1is" ::: "memory");\n'
ALL_OF_THE_VMID = """\
	(void)ipa;
	__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	dsb(ish);
	isb();
"""
VTCR = """\
	write_sysreg(vtcr_el2,
		     VTCR_EL2_RES1 |
		     FIELD_PREP(TCR_T0SZ, 64 - s2_ipa_bits()) |
		     FIELD_PREP(VTCR_EL2_SL0, 1) |
		     FIELD_PREP(TCR_EL2_PS, cpu_pa_range()) |
		     TCR_TG0_4K | TCR_SH0_INNER |
		     TCR_ORGN0_WBWA | TCR_IRGN0_WBWA);
"""
VTCR_IN_STEPS = """\
	uint64_t vtcr = 1UL << 31;

	vtcr |= 64 - s2_ipa_bits();
	vtcr |= 1 << 6;
	vtcr |= 1 << 8 | 1 << 10 | 3 << 12;
	vtcr |= (uint64_t)cpu_pa_range() << 16;
	write_sysreg(vtcr_el2, vtcr);
"""
ATTRIBUTES = """\
	uint64_t attributes = PTE_AF | S2_S2AP_R;
"""
FREE_ID = """\
	for (unsigned int id = 0; id < VM_MAX; id++) {
		struct vm *vm = &vms[id];

		if (vm->in_use)
			continue;
		*vm = (struct vm){ .id = id, .name = name };
		if (s2_create(&vm->s2, id + 1))
			return NULL;
		vm->in_use = true;
		if (map_memory(vm)) {
			vm_destroy(vm);
			return NULL;
		}
		return vm;
	}
	return NULL;
"""
WITH_GOTO = """\
	struct vm *vm = vms;

	while (vm < vms + VM_MAX && vm->in_use)
		vm++;
	if (vm == vms + VM_MAX)
		goto none;
	memset(vm, 0, sizeof(*vm));
	vm->name = name;
	vm->id = vm - vms;
	if (s2_create(&vm->s2, vm->id + 1))
		goto none;
	vm->in_use = true;
	if (map_memory(vm) == 0)
		return vm;
	vm_destroy(vm);
none:
	return NULL;
"""
MAILBOX = """\
		error = s2_map(&vm->s2, slot, slot, SLOT_SIZE, PROT_W | PROT_X);
	if (!error)
		error = s2_map(&vm->s2, mailbox, mailbox, MAILBOX_SIZE, PROT_W);
"""
MAILBOX_FIRST = """\
		error = s2_map(&vm->s2, mailbox, mailbox, MAILBOX_SIZE, PROT_W);
	if (!error)
		error = s2_map(&vm->s2, slot, slot, SLOT_SIZE, PROT_W | PROT_X);
"""

VARIANTS = [
    Variant(3, "all of the VMID forgotten for a page", (Edit(STAGE2, TLBI, ALL_OF_THE_VMID),)),
    Variant(3, "VTCR_EL2 bit by bit", (Edit(STAGE2, VTCR, VTCR_IN_STEPS),)),
    Variant(3, "S2AP as one field", (
        Edit(STAGE2, ATTRIBUTES, "\tuint64_t attributes = 1UL << 10;\n"),
        Edit(STAGE2, "\tif (prot & PROT_W)\n\t\tattributes |= S2_S2AP_W;\n",
             "\tattributes |= (prot & PROT_W ? 3UL : 1UL) << 6;\n"))),
    Variant(3, "the free VM found with a pointer", (
        Edit(VM, FREE_ID, WITH_GOTO),
        Edit(VM, '#include "stage2.h"\n',
             '#include "stage2.h"\n#include "string.h"\n')), also=(4, 6)),
    Variant(3, "the mailbox first", (Edit(VM, MAILBOX, MAILBOX_FIRST),), also=(4, 6)),
    Variant(3, "HCR_EL2 first, and a barrier after each", (
        Edit(STAGE2, "\twrite_sysreg(vttbr_el2, s2_vttbr(s2));\n"
             "\twrite_sysreg(hcr_el2, read_sysreg(hcr_el2)"
             " | HCR_EL2_VM | HCR_EL2_RW);\n",
             "\twrite_sysreg(hcr_el2, HCR_EL2_RW | HCR_EL2_VM | read_sysreg(hcr_el2));\n"
             "\tisb();\n"
             "\twrite_sysreg(vttbr_el2, (uint64_t)s2->root + ((uint64_t)s2->vmid << 48));\n"),)),
    Variant(3, "the ISB of return_vmid() is enough", (
        Edit(STAGE2,
             "\tdsb(ish);\t/* no access by the old translation is in progress */\n\tisb();\n",
             "\tdsb(ish);\n"),)),
    Variant(3, "every VMID forgotten for one", (
        Edit(STAGE2, VMALLS12, VMALLS12.replace("vmalls12e1is", "alle1is")),)),
    Variant(3, "every VMID forgotten for a page", (
        Edit(STAGE2, TLBI, ALL_OF_THE_VMID.replace("vmalls12e1is", "alle1is")),)),
    Variant(3, "TLBI of the last level only, DSB SY", (
        Edit(STAGE2, TLBI,
             TLBI.replace("ipas2e1is", "ipas2le1is").replace("dsb(ish)", "dsb(sy)")),)),
]
