# SPDX-License-Identifier: MIT
"""Variants of lab 2."""

from __future__ import annotations

from . import Edit, Variant

MMU = "lab02-mmu/el2_mmu.c"
TABLE = "lab02-mmu/pgtable.c"

MAP_SECTION = """\
	if (start != end)
		map_identity((uint64_t)start, (uint64_t)end, prot);
"""
BY_PAGES = """\
	for (const char *page = start; page < end; page += PAGE_SIZE)
		map_identity((uint64_t)page, (uint64_t)page + PAGE_SIZE, prot);
"""
DEVICES = """\
	map_identity(UART_BASE, UART_BASE + UART_SIZE, PROT_W | PROT_DEVICE);
	map_identity(GICD_BASE, GICD_BASE + GICD_SIZE, PROT_W | PROT_DEVICE);
	map_identity(GICR_BASE, GICR_BASE + GICR_SIZE, PROT_W | PROT_DEVICE);
"""
DEVICES_LOOP = """\
	static const struct { uint64_t base, size; } devices[] = {
		{ GICR_BASE, GICR_SIZE }, { UART_BASE, UART_SIZE }, { GICD_BASE, GICD_SIZE },
	};

	for (int i = 0; i < 3; i++)
		for (uint64_t at = 0; at < devices[i].size; at += PAGE_SIZE)
			map_identity(devices[i].base + at, devices[i].base + at + PAGE_SIZE,
				     PROT_W | PROT_DEVICE);
"""
ATTRIBUTES = """\
	uint64_t attributes = PTE_AF | S1_AP_RES1;

	if (prot & PROT_DEVICE)
		attributes |= FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE);
	else
		attributes |= FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_NORMAL) |
			      PTE_SH_INNER;
	if (!(prot & PROT_W))
		attributes |= S1_AP_RO;
	if (!(prot & PROT_X) || (prot & PROT_DEVICE))
		attributes |= S1_XN;
	return attributes;
"""
ATTRIBUTE_TABLE = """\
	static const uint64_t normal[4] = {
		[0] = 0x0040000000000000 | 0x7c0 | 0x080,
		[PROT_W] = 0x0040000000000000 | 0x740,
		[PROT_X] = 0x7c0,
		[PROT_W | PROT_X] = 0x740,
	};
	uint64_t bits = normal[prot & (PROT_W | PROT_X)];

	if (prot & PROT_DEVICE)
		bits = (bits & ~PTE_SH_INNER) | S1_XN | FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE);
	else
		bits |= FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_NORMAL);
	return bits;
"""
ATTRIBUTE_LADDER = """\
	uint64_t attributes;

	if (prot & PROT_DEVICE) {
		attributes = MAIR_INDEX_DEVICE << 2;
		attributes |= S1_XN;
	} else {
		attributes = (MAIR_INDEX_NORMAL << 2) | (3UL << 8);
		if (!(prot & PROT_X))
			attributes |= 1UL << 54;
	}
	attributes |= 1UL << 10;
	attributes |= 1UL << 6;
	return prot & PROT_W ? attributes : attributes | 1UL << 7;
"""
WALK = """\
		if (!pt_is_table(*entry, level)) {
			v->entry = entry;
			v->level = level;
			v->start = start;
			v->end = next;
			result = v->visit(v);
			if (result)
				return result;
		}
		if (pt_is_table(*entry, level)) {
			result = walk_table(v, (uint64_t *)(*entry & PTE_ADDR),
					    level + 1, PT_ENTRIES, start, next);
			if (result)
				return result;
		}
"""
WALK_VISIT = """\
		*v = (struct pt_visit){ .pt = v->pt, .visit = v->visit, .arg = v->arg,
					.entry = entry, .level = level, .start = start, .end = next };
		result = pt_is_table(*entry, level) ? 0 : v->visit(v);
		if (!result && pt_is_table(*entry, level))
			result = walk_table(v, (uint64_t *)(*entry & PTE_ADDR),
					    level + 1, PT_ENTRIES, start, next);
		if (result)
			return result;
"""
ENABLE = """\
	__asm__ volatile("tlbi alle2" ::: "memory");
	dsb(nsh);
	__asm__ volatile("ic iallu" ::: "memory");
	dsb(nsh);
	isb();
"""
ENABLE_SHARED = """\
	dsb(sy);
	__asm__ volatile("ic ialluis" ::: "memory");
	__asm__ volatile("tlbi alle2is" ::: "memory");
	dsb(sy);
	isb();
"""
INVALIDATE = """\
	dsb(ishst);
	__asm__ volatile("tlbi vae2is, %0" :: "r"(addr >> PAGE_SHIFT) : "memory");
	dsb(ish);	/* no access by the old translation is in progress */
	isb();		/* nor is an instruction that was fetched by it */
"""


def invalidate(before: str, tlbi: str, after: str) -> Edit:
    text = (f'\tdsb({before});\n\t__asm__ volatile("tlbi {tlbi}" :: "r"(addr >> PAGE_SHIFT) : '
            '"memory");\n')
    return Edit(MMU, INVALIDATE, f"{text}\tdsb({after});\n\tisb();\n")


VARIANTS = [
    Variant(2, "sections mapped page by page", (Edit(MMU, MAP_SECTION, BY_PAGES),)),
    Variant(2, "devices mapped page by page, in a loop", (Edit(MMU, DEVICES, DEVICES_LOOP),)),
    Variant(2, "attributes from a table", (Edit(MMU, ATTRIBUTES, ATTRIBUTE_TABLE),), also=(3, 6)),
    Variant(2, "attributes by shifts", (Edit(MMU, ATTRIBUTES, ATTRIBUTE_LADDER),)),
    Variant(2, "a new visit struct for each entry", (Edit(TABLE, WALK, WALK_VISIT),), also=(3, 6)),
    Variant(2, "split and unmap with their own helpers", (
        Edit(TABLE, "static int visit_unmap(", "static void forget(struct pt_visit *v)\n{\n"
             "\t*v->entry = 0;\n\tv->pt->regime->invalidate(v->pt, v->start);\n}\n\nstatic int"
             " visit_unmap("),
        Edit(TABLE,
             "\t*v->entry = 0;\n\tv->pt->regime->invalidate(v->pt, v->start);\n\treturn 0;\n",
             "\tforget(v);\n\treturn 0;\n"))),
    Variant(2, "struct map_request in another order, with the walk's end in it", (
        Edit(TABLE, "\tuint64_t pa_offset;	/* PA - address, constant over the range */\n"
             "\tuint64_t attributes;\n",
             "\tuint64_t attributes;\n\tuint64_t unused[3];\n\tuint64_t pa_offset;\n"),)),
    Variant(2, "maintenance for all cores before the MMU is on", (
        Edit(MMU, ENABLE, ENABLE_SHARED),)),
    Variant(2, "SCTLR_EL2 from its RES1 bits", (
        Edit(MMU, "read_sysreg(sctlr_el2) | SCTLR_ELx_M |",
             "SCTLR_EL2_RES1 | SCTLR_ELx_SA | SCTLR_ELx_M |"),)),
    Variant(2, "TLBI of the last level only", (invalidate("ishst", "vale2is, %0", "ish"),)),
    Variant(2, "TLBI of this core only", (invalidate("nshst", "vae2, %0", "nsh"),)),
    Variant(2, "DSB SY instead of all others", (
        invalidate("sy", "vae2is, %0", "sy"),
        Edit(TABLE, "\tdsb(ishst);\n\tisb();\n\treturn 0;\n",
             "\tdsb(sy);\n\tisb();\n\treturn 0;\n"))),
    Variant(2, "all of EL2 forgotten for a page", (
        Edit(MMU, INVALIDATE,
             '\t(void)addr;\n\tdsb(ishst);\n\t__asm__ volatile("tlbi alle2is" ::: "memory");\n'
             "\tdsb(ish);\n\tisb();\n"),)),
    Variant(2, "a DSB after each store to a table", (
        Edit(TABLE, "\t\t*v->entry = pa | request->attributes | PTE_PAGE;\n",
             "\t\t*v->entry = pa | request->attributes | PTE_PAGE;\n\t\tdsb(ishst);\n"),
        Edit(TABLE, "\t\t*v->entry = pa | request->attributes | PTE_BLOCK;\n",
             "\t\t*v->entry = pa | request->attributes | PTE_BLOCK;\n\t\tdsb(ishst);\n"),
        Edit(TABLE, "\t\ttable[i] = block + i * PAGE_SIZE;\n",
             "\t\ttable[i] = block + i * PAGE_SIZE;\n\tdsb(ishst);\n"),
        Edit(TABLE, "\tdsb(ishst);\n\tisb();\n\treturn 0;\n", "\treturn 0;\n"))),
    Variant(2, "no ISB after new entries", (
        Edit(TABLE, "\tdsb(ishst);\n\tisb();\n\treturn 0;\n", "\tdsb(ishst);\n\treturn 0;\n"),)),
    Variant(2, "unmapped by clearing only the valid bit", (
        Edit(TABLE,
             "\t*v->entry = 0;\n\tv->pt->regime->invalidate(v->pt, v->start);\n\treturn 0;\n",
             "\t*v->entry &= ~PTE_VALID;\n\tv->pt->regime->invalidate(v->pt, v->start);\n"
             "\treturn"
             " 0;\n"),)),
]
