// SPDX-License-Identifier: MIT
#include "selftest.h"

#include "barrier.h"
#include "cache.h"
#include "el2_mmu.h"
#include "error.h"
#include "esr.h"
#include "page_pool.h"
#include "platform.h"
#include "printf.h"
#include "say.h"
#include "stage2.h"
#include "string.h"
#include "sysreg.h"
#include "touch.h"

static const char *yes(bool fact)
{
	return fact ? "yes" : "no";
}

void selftest_control(void)
{
	uint64_t vtcr = read_sysreg(vtcr_el2);

	say("test", "VTCR_EL2: RES1 set: %s, T0SZ for %u bits of IPA: %s, SL0 for level 1: %s\n",
	    yes(vtcr & VTCR_EL2_RES1), s2_ipa_bits(),
	    yes(FIELD_GET(TCR_T0SZ, vtcr) == 64 - s2_ipa_bits()),
	    yes(FIELD_GET(VTCR_EL2_SL0, vtcr) == 1));
	say("test", "VTCR_EL2: PS is the core's: %s, 4 KiB granule: %s, walks write-back and inner shareable: %s\n",
	    yes(FIELD_GET(TCR_EL2_PS, vtcr) == cpu_pa_range()),
	    yes(!(vtcr & GENMASK(15, 14))),
	    yes((vtcr & GENMASK(13, 8)) ==
		(TCR_SH0_INNER | TCR_ORGN0_WBWA | TCR_IRGN0_WBWA)));
}

void selftest_descriptors(void)
{
	static const struct {
		const char *name;
		unsigned int prot;
	} kinds[] = {
		{ "R--", 0 }, { "RW-", PROT_W }, { "R-X", PROT_X },
		{ "RWX", PROT_W | PROT_X },
		{ "device RW-", PROT_W | PROT_DEVICE },
		{ "device R-X", PROT_X | PROT_DEVICE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		say("test", "stage-2 attributes of %s: 0x%016lx\n",
		    kinds[i].name, s2_regime.attributes(kinds[i].prot));
}

/* True if EL2 can read and write, but not execute, `pa` at the same VA, and it is 0. */
static bool in_view(uint64_t pa)
{
	uint64_t leaf = pt_lookup(el2_pgtable(), pa, NULL);

	return leaf && !(leaf & S1_AP_RO) && (leaf & S1_XN) &&
	       *(const volatile uint64_t *)pa == 0;
}

void selftest_view(const struct vm *vm)
{
	uint64_t slot = SLOT_ADDR(vm->id);

	say("test", "EL2's view of %s: slot, RW- and wiped: %s, mailbox: %s\n",
	    vm->name,
	    yes(in_view(slot) && in_view(slot + SLOT_SIZE - PAGE_SIZE)),
	    yes(in_view(MAILBOX_ADDR(vm->id))));
}

void selftest_unmap(struct vm *vm)
{
	/* Not the first page of a block. */
	uint64_t page = SLOT_ADDR(vm->id) + SLOT_SIZE / 2 + 5 * PAGE_SIZE, pa = 0;
	int walk = s2_walk(&vm->s2, page + 0x123, &pa);

	say("test", "walk of the slot: %s, to the right PA: %s\n",
	    error_name(walk), yes(pa == page + 0x123));
	say("test", "unmap a page of it: %s",
	    error_name(s2_unmap(&vm->s2, page, PAGE_SIZE)));
	printf(", walk of it: %s", error_name(s2_walk(&vm->s2, page, &pa)));
	printf(", of the next: %s\n",
	       error_name(s2_walk(&vm->s2, page + PAGE_SIZE, &pa)));
	say("test", "map it again: %s, walk: %s\n",
	    error_name(s2_map(&vm->s2, page, page, PAGE_SIZE, PROT_W | PROT_X)),
	    error_name(s2_walk(&vm->s2, page, &pa)));
}

void selftest_active(const struct vm *vm)
{
	uint64_t vttbr = read_sysreg(vttbr_el2), hcr = read_sysreg(hcr_el2);

	say("test", "VTTBR_EL2: root table of %s: %s, its VMID: %s; HCR_EL2: VM %s, RW %s\n",
	    vm->name,
	    yes((vttbr & VTTBR_EL2_BADDR) == (uint64_t)vm->s2.root),
	    yes(FIELD_GET(VTTBR_EL2_VMID, vttbr) == vm->s2.vmid),
	    yes(hcr & HCR_EL2_VM), yes(hcr & HCR_EL2_RW));
}

static void report_at(const char *what, uint64_t ipa, bool write)
{
	uint64_t par;

	/* EL1's stage 1 is off, so its VA is the IPA. */
	if (write)
		__asm__ volatile("at s12e1w, %0" :: "r"(ipa));
	else
		__asm__ volatile("at s12e1r, %0" :: "r"(ipa));
	isb();		/* PAR_EL1 has the result only after this */
	par = read_sysreg(par_el1);
	say("test", "AT S12E1%c %s: ", write ? 'W' : 'R', what);
	if (par & PAR_EL1_F)
		printf("fault in stage %d, status 0x%02lx\n",
		       par & PAR_EL1_S ? 2 : 1, FIELD_GET(PAR_EL1_FST, par));
	else
		printf("PA is IPA: %s\n",
		       (par & PAR_EL1_PA) == ALIGN_DOWN(ipa, PAGE_SIZE) ?
		       "yes" : "no");
}

void selftest_address_translation(const struct vm *vm, const struct vm *other)
{
	uint64_t slot = SLOT_ADDR(vm->id);

	report_at("own slot", slot, false);
	report_at("own slot", slot, true);
	report_at("last page of it", slot + SLOT_SIZE - PAGE_SIZE, true);
	report_at("own mailbox", MAILBOX_ADDR(vm->id), true);
	report_at("the guard after the slot", slot + SLOT_SIZE, false);
	report_at("the other slot", SLOT_ADDR(other->id), false);
	report_at("the other mailbox", MAILBOX_ADDR(other->id), false);
	report_at("EL2's image", RAM_BASE, false);
	report_at("the UART", UART_BASE, false);
	report_at("the GIC", GICD_BASE, false);
}

static void report_touch(const char *what, struct touch touch, uint64_t ipa)
{
	uint64_t seen = FIELD_GET(HPFAR_EL2_FIPA, touch.hpfar) << PAGE_SHIFT;

	say("test", "EL1 %s: ", what);
	if (esr_ec(touch.esr) == EC_HVC64)
		printf("done\n");
	else if (esr_ec(touch.esr) != EC_DABT_LOWER)
		printf("%s\n", esr_ec_name(esr_ec(touch.esr)));
	else
		printf("stage-2 %s, level %lu, HPFAR names it: %s\n",
		       esr_fsc_name(touch.esr), FIELD_GET(FSC_LEVEL, touch.esr),
		       seen == ALIGN_DOWN(ipa, PAGE_SIZE) ? "yes" : "no");
}

/* Copy touch_code to the start of the VM's slot. Return its IPA. */
static uint64_t load_touch_code(const struct vm *vm)
{
	uint64_t code = SLOT_ADDR(vm->id);

	memcpy((void *)code, touch_code, touch_code_end - touch_code);
	cache_clean_invalidate((void *)code, touch_code_end - touch_code);
	icache_invalidate_all();
	return code;
}

void selftest_touch(struct vm *vm)
{
	uint64_t code = load_touch_code(vm);
	uint64_t inside = code + SLOT_SIZE / 2;
	uint64_t guard = code + SLOT_SIZE;
	struct touch written;
	int error;

	report_touch("reads its slot", touch_read(inside, code), inside);
	report_touch("writes its slot", touch_write(inside, code), inside);
	report_touch("reads the guard", touch_read(guard + 8, code), guard);
	report_touch("reads EL2's image", touch_read(RAM_BASE, code), RAM_BASE);
	report_touch("writes the UART", touch_write(UART_BASE, code), UART_BASE);

	error = s2_unmap(&vm->s2, inside, PAGE_SIZE);
	say("test", "unmap a page of the slot: %s\n", error_name(error));
	report_touch("reads it", touch_read(inside, code), inside);
	report_touch("reads the next", touch_read(inside + PAGE_SIZE, code),
		     inside + PAGE_SIZE);

	error = s2_map(&vm->s2, inside, inside, PAGE_SIZE, 0);
	say("test", "map it read-only: %s\n", error_name(error));
	report_touch("reads it", touch_read(inside, code), inside);
	written = touch_write(inside, code);
	say("test", "EL1 writes it: %s\n", esr_ec(written.esr) == EC_HVC64 ?
	    "done" : esr_fsc_name(written.esr));
}

void selftest_vmid_reuse(void)
{
	struct vm *vm = vm_create("earlier");
	uint64_t code, extra;
	size_t before;

	if (!vm) {
		say("test", "no VM to spare\n");
		return;
	}
	code = load_touch_code(vm);
	extra = code + SLOT_SIZE;
	s2_map(&vm->s2, extra, SLOT_ADDR(vm->id), PAGE_SIZE, PROT_W);
	s2_activate(&vm->s2);
	report_touch("reads a page that only the earlier VM has",
		     touch_read(extra, code), extra);
	write_sysreg(vttbr_el2, 0);
	isb();
	vm_destroy(vm);

	/* EL2's own table grew for the first VM; the second one must not cost pages. */
	before = page_count_free();
	vm = vm_create("later");
	if (!vm) {
		say("test", "no VM in the place of one that was destroyed\n");
		return;
	}
	selftest_view(vm);
	load_touch_code(vm);
	say("test", "a later VM has VMID %u too\n", vm->s2.vmid);
	s2_activate(&vm->s2);
	report_touch("reads that page", touch_read(extra, code), extra);
	write_sysreg(vttbr_el2, 0);
	isb();
	vm_destroy(vm);
	say("test", "pages lost by that VM: %ld\n",
	    (long)(before - page_count_free()));
}

void selftest_disjoint(void)
{
	uint64_t end = SLOT_ADDR(VM_MAX), own = 0, stray = 0, shared = 0;

	/* Look up each page from the image to past the last slot in every VM's table. */
	for (uint64_t ipa = RAM_BASE; ipa < end; ipa += PAGE_SIZE) {
		unsigned int owners = 0;

		for (unsigned int id = 0; id < VM_MAX; id++) {
			struct vm *vm = vm_get(id);
			uint64_t pa;

			if (!vm || s2_walk(&vm->s2, ipa, &pa))
				continue;
			owners++;
			if (pa != ipa || !vm_owns(vm, ipa, PAGE_SIZE))
				stray++;
		}
		own += owners > 0;
		shared += owners > 1;
	}
	say("test", "pages of VMs: %lu, shared by two: %lu, not their own: %lu\n",
	    own, shared, stray);
}
