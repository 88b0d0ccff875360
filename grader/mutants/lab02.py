# SPDX-License-Identifier: MIT
"""Mistakes of lab 2: control registers, descriptors, tables, EL2's map, TLB maintenance."""

from __future__ import annotations

from . import Edit, Mutant, mutant

MMU = "lab02-mmu/el2_mmu.c"
TABLE = "lab02-mmu/pgtable.c"

MAP_STACK = "\tmap_section(stack_bottom, stack_top, PROT_W);\n"
MAP_TEXT = "map_section(text_start, text_end, PROT_X);"
MAP_UART = "\tmap_identity(UART_BASE, UART_BASE + UART_SIZE, PROT_W | PROT_DEVICE);\n"
MAP_GICD = "\tmap_identity(GICD_BASE, GICD_BASE + GICD_SIZE, PROT_W | PROT_DEVICE);\n"
TLBI = '\t__asm__ volatile("tlbi vae2is, %0" :: "r"(addr >> PAGE_SHIFT) : "memory");\n'
SET_TTBR = "\twrite_sysreg(ttbr0_el2, el2_pt.root);\n"
ENABLE = (
    "\twrite_sysreg(sctlr_el2, read_sysreg(sctlr_el2) | SCTLR_ELx_M |\n"
    "\t\t     SCTLR_ELx_C | SCTLR_ELx_I | SCTLR_ELx_WXN);\n"
)
DESCEND = "\t\tif (pt_is_table(*entry, level)) {\n\t\t\tresult = walk_table("
WHOLE = "v->end - v->start == size && IS_ALIGNED(pa, size)"
CLEAR = "\t*v->entry = 0;\n\tv->pt->regime->invalidate(v->pt, v->start);\n"
SPLIT_SWAP = f"{CLEAR}\t*v->entry = (uint64_t)table | PTE_TABLE;"
UNMAP = f"{CLEAR}\treturn 0;"
NO_REORDERING = "QEMU executes in order: a walk sees every store before it"

MUTANTS = [
    # Task 1
    mutant("attributes of MAIR_EL2 swapped", "lab02.1.mair", MMU,
           "MAIR_INDEX_NORMAL, MAIR_NORMAL_WB", "MAIR_INDEX_NORMAL, MAIR_DEVICE_nGnRE"),
    mutant("memory not cacheable", "lab02.1.mair", MMU, "MAIR_NORMAL_WB", "MAIR_NORMAL_NC"),
    mutant("devices nGnRnE", "lab02.1.mair", MMU, "MAIR_DEVICE_nGnRE", "MAIR_DEVICE_nGnRnE"),
    mutant("device memory cacheable", "lab02.1.mair", MMU, "MAIR_DEVICE_nGnRE", "MAIR_NORMAL_WB"),
    mutant("TCR_EL2 without RES1", "lab02.1.tcr", MMU, "TCR_EL2_RES1 |\n\t\t     ", ""),
    mutant("T0SZ is the number of bits", "lab02.1.tcr", MMU, "64 - HYP_VA_BITS", "HYP_VA_BITS"),
    mutant("T0SZ one too small", "lab02.1.tcr", MMU, "64 - HYP_VA_BITS", "63 - HYP_VA_BITS"),
    mutant("T0SZ one too large", "lab02.1.tcr", MMU, "64 - HYP_VA_BITS", "65 - HYP_VA_BITS"),
    mutant("PS left at 32 bits", "lab02.1.tcr", MMU,
           "FIELD_PREP(TCR_EL2_PS, cpu_pa_range()) |\n\t\t     ", ""),
    mutant("PS in bits", "lab02.1.tcr", MMU, "cpu_pa_range()", "cpu_pa_bits()"),
    mutant("64 KiB granule", "lab02.1.walks", MMU, "TCR_TG0_4K", "(U64(1) << 14)"),
    mutant("walks not shareable", "lab02.1.walks", MMU, "TCR_TG0_4K | TCR_SH0_INNER", "TCR_TG0_4K"),
    mutant("walks not cacheable", "lab02.1.walks", MMU, " |\n\t\t     TCR_ORGN0_WBWA | TCR_IRGN0_WBWA", ""),
    # Task 2
    mutant("AF forgotten", "lab02.2.access_flag", MMU, "PTE_AF | S1_AP_RES1", "S1_AP_RES1"),
    mutant("AP[1] forgotten", "lab02.2.read_only", MMU, "PTE_AF | S1_AP_RES1", "PTE_AF"),
    mutant("AP[2] turned round", "lab02.2.read_only", MMU, "if (!(prot & PROT_W))", "if (prot & PROT_W)"),
    mutant("AP[1] in place of AP[2]", "lab02.2.read_only", MMU, "S1_AP_RO;", "S1_AP_RES1;"),
    mutant("PXN in place of XN", "lab02.2.execute_never", MMU, "S1_XN", "S1_PXN"),
    mutant("XN turned round", "lab02.2.execute_never", MMU, "!(prot & PROT_X)", "(prot & PROT_X)"),
    mutant("XN forgotten", "lab02.2.execute_never", MMU, "\t\tattributes |= S1_XN;", "\t\t;"),
    mutant("devices executable", "lab02.2.execute_never", MMU,
           "!(prot & PROT_X) || (prot & PROT_DEVICE)", "!(prot & PROT_X)"),
    mutant("devices with the index of memory", "lab02.2.index", MMU,
           "FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE)", "FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_NORMAL)"),
    mutant("attribute in place of its index", "lab02.2.index", MMU,
           "FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE)", "FIELD_PREP(S1_ATTRINDX, MAIR_DEVICE_nGnRE)"),
    mutant("index not shifted", "lab02.2.index", MMU,
           "FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE)", "MAIR_INDEX_DEVICE"),
    mutant("memory outer shareable", "lab02.2.shareable", MMU, "PTE_SH_INNER", "PTE_SH_OUTER"),
    mutant("memory not shareable", "lab02.2.shareable", MMU, " |\n\t\t\t      PTE_SH_INNER", ""),
    # Task 3
    mutant("part of an entry not clipped to the range", "lab02.3", TABLE,
           "MIN(ALIGN_DOWN(start, size) + size, end)", "ALIGN_DOWN(start, size) + size"),
    mutant("next entry counted from the start of the range", "lab02.3", TABLE,
           "MIN(ALIGN_DOWN(start, size) + size, end)", "MIN(start + size, end)"),
    mutant("new tables not entered", "lab02.3.levels", TABLE, DESCEND,
           DESCEND.replace("\t\tif", "\t\telse if")),
    mutant("walk stays on its level", "lab02.3", TABLE, "level + 1, PT_ENTRIES", "level, PT_ENTRIES"),
    mutant("result of visit() ignored", "lab02.3", TABLE,
           "\t\t\tresult = v->visit(v);\n\t\t\tif (result)\n\t\t\t\treturn result;\n",
           "\t\t\tresult = v->visit(v);\n"),
    mutant("result of the walk below ignored", "lab02.3", TABLE,
           "level + 1, PT_ENTRIES, start, next);\n\t\t\tif (result)\n\t\t\t\treturn result;\n",
           "level + 1, PT_ENTRIES, start, next);\n"),
    mutant("block's type at level 3", "lab02.3.levels", TABLE,
           "*v->entry = pa | request->attributes | PTE_PAGE;",
           "*v->entry = pa | request->attributes | PTE_BLOCK;"),
    mutant("page's type at level 2", "lab02.3.levels", TABLE,
           "*v->entry = pa | request->attributes | PTE_BLOCK;",
           "*v->entry = pa | request->attributes | PTE_PAGE;"),
    mutant("no blocks", "lab02.3.levels", TABLE, "size == BLOCK_2M && whole", "false && whole"),
    mutant("block used though the PA is not aligned", "lab02.3.unaligned_block", TABLE, WHOLE,
           "v->end - v->start == size"),
    mutant("block used for a part of it", "lab02.3", TABLE, WHOLE, "IS_ALIGNED(pa, size)"),
    mutant("PA not carried along", "lab02.3", TABLE, "v->start + request->pa_offset",
           "request->pa_offset"),
    mutant("no page for a table not noticed", "lab02.3.no_memory", TABLE,
           "\t\tif (!table)\n\t\t\treturn E_NO_MEMORY;\n\t\t/*", "\t\t/*"),
    mutant("half of a failed request left", "lab02.3.no_memory", TABLE,
           "\t\tpt_unmap(pt, addr, size);\n", ""),
    mutant("range not checked", "lab02.3.unaligned", TABLE, "!range_ok(pt, addr, size) || !IS_ALIGNED(pa",
           "!IS_ALIGNED(pa"),
    mutant("PA not checked for alignment", "lab02.3.unaligned_pa", TABLE,
           " || !IS_ALIGNED(pa, PAGE_SIZE) ||", " ||"),
    mutant("PA not checked for its size", "lab02.3.pa_beyond", TABLE,
           " ||\n\t    pa >= BIT(48) || size > BIT(48) - pa)", ")"),
    mutant("mapped over what is mapped", "lab02.3.exists", TABLE,
           "pt_walk(pt, addr, size, visit_find_mapping, NULL)", "0"),
    mutant("only the first page looked at before mapping", "lab02.3.exists", TABLE,
           "pt_walk(pt, addr, size, visit_find_mapping, NULL)",
           "pt_walk(pt, addr, PAGE_SIZE, visit_find_mapping, NULL)"),
    mutant("block never split", "lab02.3.split", TABLE,
           "\tif (v->end - v->start < pt_entry_size(v->level))\n"
           "\t\treturn split_block(v);\t/* the walk goes on in the table */\n", ""),
    mutant("split without break before make", "lab02.3.split", TABLE, SPLIT_SWAP,
           "\t*v->entry = (uint64_t)table | PTE_TABLE;"),
    mutant("split table of pages with a block's type", "lab02.3.split", TABLE,
           "(block & ~PTE_TYPE) | PTE_PAGE", "block"),
    mutant("split table left empty", "lab02.3.split", TABLE,
           "\t\ttable[i] = block + i * PAGE_SIZE;", "\t\ttable[i] = 0;"),
    mutant("split table with one page 512 times", "lab02.3.hole", TABLE, "block + i * PAGE_SIZE", "block"),
    mutant("split table without attributes", "lab02.3.hole", TABLE, "block & ~PTE_TYPE", "block & PTE_ADDR"),
    mutant("split table one entry short", "lab02.3", TABLE,
           "for (size_t i = 0; i < PT_ENTRIES; i++)\n\t\ttable", "for (size_t i = 0; i < PT_ENTRIES - 1; i++)\n\t\ttable"),
    mutant("unmapped without TLBI", "lab02.3.split", TABLE, UNMAP, "\t*v->entry = 0;\n\treturn 0;"),
    mutant("unmapped only in the TLB", "lab02.3", TABLE, UNMAP,
           "\tv->pt->regime->invalidate(v->pt, v->start);\n\treturn 0;"),
    mutant("TLBI before the entry is cleared", "lab02.3", TABLE, UNMAP,
           "\tv->pt->regime->invalidate(v->pt, v->start);\n\t*v->entry = 0;\n\treturn 0;",
           "QEMU walks for accesses only, and there is none between the two"),
    mutant("no DSB before a table is hung in", "lab02.3", TABLE,
           "\t\tdsb(ishst);\n\t\t*v->entry = (uint64_t)table", "\t\t*v->entry = (uint64_t)table",
           NO_REORDERING),
    mutant("no barrier behind new entries", "lab02.3", TABLE, "\tdsb(ishst);\n\tisb();\n", ""),
    mutant("no DSB behind a split", "lab02.3", TABLE,
           "\tdsb(ishst);\t/* seen by the walkers before anyone needs it */\n", "", NO_REORDERING),
    # Task 4
    mutant("text writable", "lab02.4.attributes", MMU, MAP_TEXT,
           MAP_TEXT.replace("PROT_X", "PROT_X | PROT_W")),
    mutant("whole image as one, writable and executable", "lab02.4.attributes", MMU,
           f"\t{MAP_TEXT}\n\tmap_section(rodata_start, rodata_end, 0);\n"
           "\tmap_section(data_start, data_end, PROT_W);\n\tmap_section(bss_start, bss_end, PROT_W);\n"
           f"{MAP_STACK}\tmap_section(emergency_stack_bottom, emergency_stack_top, PROT_W);\n",
           "\tmap_section(text_start, emergency_stack_top, PROT_W | PROT_X);\n"),
    mutant("text not executable", "lab02.4.image", MMU, MAP_TEXT, MAP_TEXT.replace("PROT_X", "0")),
    mutant("constants writable", "lab02.4.image", MMU, "rodata_end, 0)", "rodata_end, PROT_W)"),
    mutant("constants executable", "lab02.4.image", MMU, "rodata_end, 0)", "rodata_end, PROT_X)"),
    mutant("data read-only", "lab02.4.image", MMU, "data_start, data_end, PROT_W", "data_start, data_end, 0"),
    mutant("bss forgotten", "lab02.4.image", MMU, "\tmap_section(bss_start, bss_end, PROT_W);\n", ""),
    mutant("stack forgotten", "lab02.4.image", MMU, MAP_STACK, ""),
    mutant("emergency stack forgotten", "lab02.4.image", MMU,
           "\tmap_section(emergency_stack_bottom, emergency_stack_top, PROT_W);\n", ""),
    mutant("both stacks and the guard between them as one", "lab02.4.image", MMU,
           "stack_bottom, stack_top, PROT_W);\n\tmap_section(emergency_stack_bottom, ", "stack_bottom, "),
    mutant("guard mapped by rounding up", "lab02.4.image", MMU, "text_start, text_end",
           "text_start, text_end + PAGE_SIZE"),
    mutant("guard below the stack mapped", "lab02.4.image", MMU, "stack_bottom, stack_top, PROT_W",
           "stack_bottom - PAGE_SIZE, stack_top, PROT_W"),
    mutant("UART mapped as memory", "lab02.4.devices", MMU, "UART_SIZE, PROT_W | PROT_DEVICE",
           "UART_SIZE, PROT_W"),
    mutant("UART forgotten", "lab02.4.devices", MMU, MAP_UART, ""),
    mutant("UART read-only", "lab02.4.devices", MMU, "UART_SIZE, PROT_W | PROT_DEVICE",
           "UART_SIZE, PROT_DEVICE"),
    mutant("distributor forgotten", "lab02.4.devices", MMU, MAP_GICD, ""),
    mutant("one page of the redistributors", "lab02.4.devices", MMU, "GICR_SIZE", "PAGE_SIZE"),
    mutant("first gigabyte mapped as a device", "lab02.4.devices", MMU,
           f"{MAP_UART}{MAP_GICD}\tmap_identity(GICR_BASE, GICR_BASE + GICR_SIZE, PROT_W | PROT_DEVICE);\n",
           "\tmap_identity(0, RAM_BASE, PROT_W | PROT_DEVICE);\n"),
    # Task 5
    mutant("TTBR0_EL2 not written", "lab02.5.on", MMU, SET_TTBR, ""),
    Mutant("MMU on before TTBR0_EL2 is written", "lab02.5.on", (
        Edit(MMU, SET_TTBR, ""), Edit(MMU, ENABLE, ENABLE + SET_TTBR))),
    mutant("M not set", "lab02.5.control", MMU, " | SCTLR_ELx_M |", " |"),
    mutant("C not set", "lab02.5.control", MMU, "SCTLR_ELx_C | ", ""),
    mutant("I not set", "lab02.5.control", MMU, "SCTLR_ELx_I | ", ""),
    mutant("WXN not set", "lab02.5.control", MMU, " | SCTLR_ELx_WXN", ""),
    mutant("SCTLR_EL2 overwritten", "lab02.5.control", MMU, "read_sysreg(sctlr_el2) | SCTLR_ELx_M",
           "SCTLR_ELx_M"),
    mutant("caches not invalidated", "lab02.5", MMU,
           "\tcache_invalidate(data_start, emergency_stack_top - data_start);\n", ""),
    mutant("no TLBI before the MMU is on", "lab02.5", MMU,
           '\t__asm__ volatile("tlbi alle2" ::: "memory");\n\tdsb(nsh);\n', ""),
    mutant("instruction cache not invalidated", "lab02.5", MMU,
           '\t__asm__ volatile("ic iallu" ::: "memory");\n', ""),
    mutant("no ISB behind SCTLR_EL2", "lab02.5", MMU,
           "\tisb();\t\t/* the next instruction is fetched through the MMU */\n", ""),
    # Task 6
    mutant("no TLBI", "lab02.6", MMU, TLBI, ""),
    mutant("TLBI with the address itself", "lab02.6", MMU, TLBI, TLBI.replace(" >> PAGE_SHIFT", "")),
    mutant("TLBI of EL1's regime", "lab02.6", MMU, TLBI, TLBI.replace("vae2is", "vaae1is")),
    mutant("no DSB before TLBI", "lab02.6", MMU, f"\tdsb(ishst);\n{TLBI}", TLBI),
    mutant("no DSB behind TLBI", "lab02.6", MMU,
           "\tdsb(ish);\t/* no access by the old translation is under way any more */\n", ""),
    mutant("no ISB behind TLBI", "lab02.6", MMU, "\tisb();\t\t/* nor an instruction fetched by it */\n",
           ""),
    mutant("made without a break", "lab02.6.page_b", MMU,
           "\terror = el2_unmap(va, PAGE_SIZE);\t/* with its TLB maintenance */\n\tif (error)\n"
           "\t\treturn error;\n", "\terror = 0;\n"),
    mutant("broken and not made", "lab02.6.page_b", MMU, "\treturn el2_map(va, pa, PAGE_SIZE, prot);",
           "\treturn 0;"),
    mutant("page B at its own address", "lab02.6.page_b", MMU, "el2_map(va, pa, PAGE_SIZE, prot);",
           "el2_map(pa, va, PAGE_SIZE, prot);"),
    mutant("remap of what is not mapped", "lab02.6.not_found", MMU,
           "\tif (!pt_lookup(&el2_pt, va, &level) || level != PT_LAST_LEVEL)\n\t\treturn E_NOT_FOUND;\n",
           "\t(void)level;\n"),
    mutant("remap of a page of a block", "lab02.6.not_found", MMU, " || level != PT_LAST_LEVEL", ""),
    mutant("remap of an unaligned address", "lab02.6.not_found", MMU,
           "\tif (!IS_ALIGNED(va | pa, PAGE_SIZE))\n\t\treturn E_INVALID;\n", ""),
]
