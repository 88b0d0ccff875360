# SPDX-License-Identifier: MIT
"""The usual mistakes of lab 2, by task."""

from __future__ import annotations

from ..mistake import Mistake

MISTAKES = (
    Mistake(
        "lab02.1.tcr",
        "T0SZ is not 64 - `HYP_VA_BITS`: it counts the bits that are not translated",
        shows="`T0SZ for 39 bits of VA: no`, later silence after the `[el2]` lines",
        sign=r"T0SZ for 39 bits of VA: no",
        mutants=("T0SZ is the number of bits", "T0SZ one too small", "T0SZ one too large"),
    ),
    Mistake(
        "lab02.1.tcr",
        "`TCR_EL2_RES1` left out, or PS is not `FIELD_PREP(TCR_EL2_PS, cpu_pa_range())`",
        sign=r"(RES1 set|the core's): no",
        mutants=("TCR_EL2 without RES1", "PS left at 32 bits", "PS in bits"),
    ),
    Mistake(
        "lab02.1.walks",
        "`TCR_TG0_4K`, `TCR_SH0_INNER`, `TCR_ORGN0_WBWA` or `TCR_IRGN0_WBWA` left out, or another"
        " value for one of these fields",
        sign=r"TCR_EL2: 4 KiB granule",
        mutants=("64 KiB granule", "walks not shareable", "walks not cacheable"),
    ),
    Mistake(
        "lab02.1.mair",
        "the two attributes are swapped, or written without `MAIR_ATTR()`, or not `MAIR_NORMAL_WB`"
        " and `MAIR_DEVICE_nGnRE`",
        shows="`MAIR_EL2: normal 0x04`, later `AT S1E2R text: ... attributes 0x04`",
        sign=r"MAIR_EL2: normal",
        mutants=("attributes of MAIR_EL2 swapped", "memory not cacheable", "devices nGnRnE",
                 "device memory cacheable"),
    ),
    Mistake(
        "lab02.1.cortex_a57",
        "PS is a constant, 48 bits, which is more than this core has: take `cpu_pa_range()`",
        sign=r"the core's: no",
        mutants=("PS fixed at 48 bits",),
    ),
    Mistake(
        "lab02.1.written",
        "`MAIR_EL2` or `TCR_EL2` keeps old bits, which are UNKNOWN after reset: write all of it",
        sign=r"after ones, and .* after zeros",
        mutants=("TCR_EL2 changed instead of written",),
    ),
    Mistake(
        "lab02.2.access_flag",
        "`PTE_AF` left out: the first access to each page faults",
        shows="attributes end in 3c0, not 7c0; later silence after the `[el2]` lines",
        sign=r"attributes of",
        mutants=("AF forgotten",),
    ),
    Mistake(
        "lab02.2.index",
        "AttrIndx is not `FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_DEVICE)`: left out (440), not shifted"
        " (441), or the attribute byte (450)",
        shows="attributes of `device RW-` do not end in 444",
        sign=r"attributes of device",
        mutants=("devices with the index of memory", "attribute instead of its index",
                 "index not shifted"),
    ),
    Mistake(
        "lab02.2.shareable",
        "`PTE_SH_INNER` left out for memory, or `PTE_SH_OUTER` in its place",
        sign=r"attributes of",
        mutants=("memory outer shareable", "memory not shareable"),
    ),
    Mistake(
        "lab02.2.read_only",
        "`S1_AP_RES1` (AP[1], bit 6) left out: it is in every leaf",
        sign=r"attributes of .*[0-389ab].$",
        mutants=("AP[1] forgotten",),
    ),
    Mistake(
        "lab02.2.read_only",
        "`S1_AP_RO` (AP[2], bit 7) not set where `PROT_W` is missing, or the test inverted",
        sign=r"attributes of",
        mutants=("AP[2] inverted", "AP[1] instead of AP[2]"),
    ),
    Mistake(
        "lab02.2.execute_never",
        "PXN, bit 53, set instead of XN, bit 54: use `S1_XN`",
        shows="`0x0020...` in attributes, later `execute rodata: done`",
        sign=r"attributes of .*: 0x002",
        mutants=("PXN instead of XN",),
    ),
    Mistake(
        "lab02.2.execute_never",
        "`S1_XN` not set where `PROT_X` is missing, or not for a device with `PROT_X`, or the test"
        " inverted",
        sign=r"attributes of",
        mutants=("XN inverted", "XN forgotten", "devices executable"),
    ),
    Mistake(
        "lab02.2.every_prot",
        "SH is not 0 for a device",
        sign=r"the attributes of \S*D are 0x\w+7\w\w, not 0x\w+4\w\w",
        mutants=("devices inner shareable",),
    ),
    Mistake(
        "lab02.2.every_prot",
        "a bit depends on a flag that is not its own: `S1_XN` on `PROT_W`, for example",
        sign=r"the attributes of",
        mutants=("writable means never executed",),
    ),
    Mistake(
        "lab02.3",
        "the index is not `start / size % entries`; a root may have more than `PT_ENTRIES`",
        shows="a data abort from the same EL after the `attributes of` lines, FAR beyond RAM",
        sign=r"FAR 0x58[0-9a-f]{6}$|stop \d+ is \S+ \S+ at level (\d) .* not \S+ \S+ at level"
             r" (?!\1)",
        function="walk_table",
        mutants=("indices of one table in a root of several",),
    ),
    Mistake(
        "lab02.3.levels",
        "a part ends at `start + size` or beyond `end`: it ends with its entry, at"
        " `ALIGN_DOWN(start, size) + size`, or at `end`",
        shows="`levels 2, 2, 2, type bits 1` or `levels 3, 3, 2`, later `mapping ...: exists`",
        sign=r"levels (2, 2, 2, type bits 1|3, 3, 2)",
        function="walk_table",
        mutants=("part of an entry not clipped to the range",
                 "next entry counted from the start of the range"),
    ),
    Mistake(
        "lab02.3.levels",
        "the walk does not go down: read the entry again after `visit()`, and descend with"
        " `level + 1`",
        shows="`type bits 0, 0, 0`",
        sign=r"type bits 0, 0, 0",
        function="walk_table",
        mutants=("new tables not entered", "walk stays on its level"),
    ),
    Mistake(
        "lab02.3.levels",
        "pages written with `PTE_BLOCK`: 0b01 is reserved at level 3, and only the MMU minds",
        shows="`type bits 1, 1, 1`, later silence after the `[el2]` lines",
        sign=r"levels 3, 2, 3, type bits 1",
        function="visit_map",
        mutants=("block's type at level 3",),
    ),
    Mistake(
        "lab02.3.levels",
        "blocks written with `PTE_PAGE`: 0b11 is a table at level 2, and walks go into the mapped"
        " memory",
        shows="`levels 3, 3, 3`, later `[panic] ...page_pool.c:...: assertion failed`",
        sign=r"page_pool\.c:\d+: assertion failed",
        function="visit_map",
        mutants=("page's type at level 2",),
    ),
    Mistake(
        "lab02.3",
        "the wrong test for a block: it needs `size == BLOCK_2M`, a range that covers the whole"
        " entry, and a PA aligned to `size`",
        shows="`map 2 MiB to a PA that no block fits: ok, at level 2`",
        sign=r"levels 3, 2, 2|, 514 pages$|no block fits: ok, at level 2|block of 1 GiB",
        function="visit_map",
        mutants=("no blocks", "block used although the PA is not aligned",
                 "block used for a part of it", "blocks of 1 GiB"),
    ),
    Mistake(
        "lab02.3.pa",
        "`visit_map()` writes another leaf than `v->start + request->pa_offset`,"
        " `request->attributes` and the type bits; `pt_map()` sets `pa_offset` to `pa - addr`; and"
        " `walk_table()` walks a table from `start` to `next`",
        sign=r"^\[plain\]",
        mutants=("PA not carried along",),
    ),
    Mistake(
        "lab02.3.split",
        "`visit_unmap()` clears a block of which only a part is in the range: call `split_block()`",
        sign=r"now at level 2, type bits 0",
        function="visit_unmap",
        mutants=("block never split", "every block in the range unmapped completely"),
    ),
    Mistake(
        "lab02.3.split",
        "`split_block()` does not clear the block and call `invalidate()` before it enters the"
        " table, or `visit_unmap()` does not call `invalidate()`",
        sign=r"type bits 3, invalidated [01] times",
        mutants=("split without break before make", "unmapped without TLBI"),
    ),
    Mistake(
        "lab02.3.split",
        "the pages of a split have the block's type bits, which are reserved at level 3",
        shows="`now at level 3, type bits 1`",
        sign=r"now at level 3, type bits 1",
        function="split_block",
        mutants=("split table of pages with a block's type",),
    ),
    Mistake(
        "lab02.3",
        "`& PTE_ADDR` forgotten: with the type bits in its address a table is read and written 3"
        " bytes past each entry",
        shows="`[panic] ...: assertion failed: IS_ALIGNED((uint64_t)v->entry, ...`",
        sign=r"assertion failed: IS_ALIGNED\(\(uint64_t\)v->entry",
        function="walk_table",
        mutants=("type bits left in the address of a table",),
    ),
    Mistake(
        "lab02.3",
        "entry i of the table in `split_block()` is not the block's PA + `i * PAGE_SIZE`, or not"
        " all 512 are written",
        shows="`unmap a page of the block`, then hundreds of `[plain]` lines with the same PA",
        sign=r"level 3, type bits 0, .*\n\[plain\]|\A0x.* is mapped to|only this is left",
        function="split_block",
        mutants=("split table left empty", "split table with one page 512 times",
                 "split table one entry short"),
    ),
    Mistake(
        "lab02.3",
        "`split_block()` drops attributes of the block: change only its type bits, `PTE_TYPE`",
        sign=r" had attributes|pt_unmap\(.* has attributes",
        function="split_block",
        mutants=("split table without attributes", "split drops XN",
                 "split keeps only the low attributes"),
    ),
    Mistake(
        "lab02.3.hole",
        "`visit_unmap()` calls `invalidate()`, but does not clear the entry: `*v->entry = 0`",
        sign=r"no hole of a page",
        function="visit_unmap",
        mutants=("unmapped only in the TLB",),
    ),
    Mistake(
        "lab02.3.unaligned",
        "`pt_map()` does not call `range_ok()` before it writes",
        sign=r"map an unaligned address: ok",
        function="pt_map",
        mutants=("range not checked",),
    ),
    Mistake(
        "lab02.3",
        "the wrong test of the PA in `pt_map()`: it is page-aligned and below `BIT(48)`, and the"
        " size is at most `BIT(48) - pa` (a sum may wrap)",
        sign=r"unaligned PA: ok|beyond 48 bits: ok|pt_map\(.*(ok, not E_INVALID|E_INVALID, not ok)",
        function="pt_map",
        mutants=("PA not checked for alignment", "PA not checked for its size",
                 "PA sum that wraps", "end of the PA not checked",
                 "last page of 48 bits of PA refused"),
    ),
    Mistake(
        "lab02.3.exists",
        "`walk_table()` continues after a result that is not 0, of `visit()` or of the walk below",
        sign=r"left for tables: ok",
        function="walk_table",
        mutants=("result of visit() ignored", "result of the walk below ignored"),
    ),
    Mistake(
        "lab02.3.exists",
        "`pt_map()` does not look up the whole range with `visit_find_mapping()` before it writes",
        sign=r"half in use: ok, .*\n",
        function="pt_map",
        mutants=("existing mapping overwritten", "only the first page checked before mapping"),
    ),
    Mistake(
        "lab02.3.no_memory",
        "`visit_map()` does not return `E_NO_MEMORY` if `page_alloc()` returns NULL",
        sign=r"left for tables: ok",
        function="visit_map",
        mutants=("no page for a table not noticed",),
    ),
    Mistake(
        "lab02.3",
        "`pt_map()` does not call `pt_unmap()` for the whole range when its walk fails",
        sign=r"\A\[test\] map with .*mapped: yes"
             r"|pt_map\(.*left in the pool: .*should not be mapped",
        function="pt_map",
        mutants=("half of a failed request left",
                 "only the first page of a failed request unmapped"),
    ),
    Mistake(
        "lab02.3.barriers",
        "`visit_map()` has no `dsb(ishst)` between a new table's zeros and the entry for it",
        sign=r"^pt_map\(.*with no DSB after the stores to it",
        function="visit_map",
        mutants=("no DSB before a table is entered", "DSB after the entry of a new table"),
    ),
    Mistake(
        "lab02.3.barriers",
        "`pt_map()` does not end with `dsb(ishst)`: neither ISB nor DMB waits for the stores",
        sign=r"^pt_map\(.*with no DSB for the stores to the table on return",
        function="pt_map",
        mutants=("no barrier after new entries", "only an ISB after new entries",
                 "DMB after new entries"),
    ),
    Mistake(
        "lab02.3.barriers",
        "the wrong order in `split_block()`: fill the table, clear the block, `invalidate()`, enter"
        " the table",
        sign=r"both valid, without a break|^pt_unmap\(.*with no DSB after the stores to it",
        function="split_block",
        mutants=("split makes before it breaks",
                 "pages of a split written after its table is in"),
    ),
    Mistake(
        "lab02.3.barriers",
        "`visit_unmap()` calls `invalidate()` before it clears the entry",
        sign=r"^pt_unmap\(.*neither DSB nor TLBI follows",
        function="visit_unmap",
        mutants=("TLBI before the entry is cleared",),
    ),
    Mistake(
        "lab02.3",
        "`split_block()` does not return `E_NO_MEMORY` if there is no page for the table, or clears"
        " the block first",
        sign=r"pt_unmap\(.*left in the pool: (returns ok|the block)",
        function="split_block",
        mutants=("split of a block without a page for it loses the block",
                 "split without a page for it passes over the block"),
    ),
    Mistake(
        "lab02.3.walks",
        "`visit_unmap()` passes over an entry that is invalid: return 0",
        sign=r"pt_unmap\(.*: returns E_NOT_FOUND",
        function="visit_unmap",
        mutants=("what is not mapped cannot be unmapped",),
    ),
    Mistake(
        "lab02.4.attributes",
        "`map_identity()` takes a start and an end, not a size",
        sign=r"mapping 0x(\w+)\.\.0x\w+ for EL2: invalid",
        function="el2_mmu_init",
        mutants=("a device mapped from its start to its size",),
    ),
    Mistake(
        "lab02.4",
        "text without `PROT_X`, or with `PROT_W`: WXN makes a writable page execute-never",
        shows="silence after the `[el2]` lines, and text does not have the attributes of `R-X`",
        sign=r"writable and executable|\(text\) is R",
        mutants=("text writable", "image mapped as one, writable and executable",
                 "text not executable"),
    ),
    Mistake(
        "lab02.4",
        "the wrong `prot`: 0 for rodata, `PROT_W` for data, bss and stacks, and for devices with"
        " `PROT_DEVICE`",
        sign=r"\((rodata|data|bss|.*stack)\) is R|is R(--|-X|WX) at 0x",
        mutants=("constants writable", "constants executable", "data read-only", "UART read-only"),
    ),
    Mistake(
        "lab02.4.image",
        "a section is not mapped: one call of `map_section()` for each, from its start to its end",
        shows="panic: data abort, slot 4, FAR just inside the stack",
        sign=r"\) is ---, not",
        mutants=("bss forgotten", "stack forgotten", "emergency stack forgotten"),
    ),
    Mistake(
        "lab02.4.image",
        "a guard is mapped: two sections in one call, or the end of a section rounded up",
        shows="`read the guard ...: done`",
        sign=r"\(a guard page\) is",
        mutants=("both stacks and the guard between them as one", "guard mapped by rounding up",
                 "guard below the stack mapped"),
    ),
    Mistake(
        "lab02.4.devices",
        "the UART is not mapped, or without `PROT_DEVICE`",
        shows="silence after the `[el2]` lines, none of which has 0x009000000",
        sign=r"the UART is not mapped",
        mutants=("UART mapped as memory", "UART forgotten"),
    ),
    Mistake(
        "lab02.4.devices",
        "the distributor or the redistributors are not mapped, or not all of them: `GICD_SIZE`,"
        " `GICR_SIZE`",
        sign=r"the GIC \w+ is not mapped",
        mutants=("distributor forgotten", "one page of the redistributors"),
    ),
    Mistake(
        "lab02.4.devices",
        "more is mapped than the three devices: `UART_BASE`, `GICD_BASE` and `GICR_BASE`, each with"
        " its size",
        sign=r"no device is there",
        mutants=("first gigabyte mapped as a device",),
    ),
    Mistake(
        "lab02.5.on",
        "`TTBR0_EL2` not written before M is set, or with another address than `el2_pt.root`",
        shows="silence after the `[el2]` lines, which are right",
        sign=r"last line: \[el2\]",
        mutants=("TTBR0_EL2 not written", "MMU on before TTBR0_EL2 is written"),
    ),
    Mistake(
        "lab02.5.control",
        "M, C, I or WXN of `SCTLR_EL2` left out, or its other bits not kept: add to its value",
        sign=r"SCTLR_EL2: M",
        mutants=("M not set", "C not set", "I not set", "WXN not set", "SCTLR_EL2 overwritten"),
    ),
    Mistake(
        "lab02.5.barriers",
        "`cache_invalidate()` is missing, or replaced by a function that cleans: that would write"
        " old lines over the tables",
        sign=r"no DC IVAC between|writes old lines",
        mutants=("caches not invalidated", "caches cleaned before the MMU is on"),
    ),
    Mistake(
        "lab02.5.barriers",
        "the range of `cache_invalidate()` is not `data_start` to `emergency_stack_top`",
        sign=r"lines are invalidated",
        mutants=("only .bss invalidated",),
    ),
    Mistake(
        "lab02.5.barriers",
        "`tlbi alle2`, `ic iallu`, the `dsb(nsh)` after them, or an `isb()` is missing: one `isb()`"
        " before and one after `SCTLR_EL2` is written",
        sign=r"with no (TLBI ALLE2|IC IALLU|DSB|ISB) between",
        mutants=("no TLBI before the MMU is on", "instruction cache not invalidated",
                 "no ISB after SCTLR_EL2"),
    ),
    Mistake(
        "lab02.6",
        "no `tlbi vae2is`, or its operand is not `addr >> PAGE_SHIFT`",
        shows="`read the hole: done`, or page B `shows 0xaaaa`",
        sign=r"read the hole: done|\A\[test\] read below the hole: done|page B: ok, shows 0xaaaa",
        function="el2_invalidate",
        mutants=("no TLBI", "TLBI of EL1's regime", "TLBI with the address itself",
                 "TLBI of the next page"),
    ),
    Mistake(
        "lab02.6.page_b",
        "the new page is mapped without a break: call `el2_unmap()` first",
        shows="`pointed at page B: exists`",
        sign=r"pointed at page B: exists",
        function="el2_remap_page",
        mutants=("made without a break",),
    ),
    Mistake(
        "lab02.6.page_b",
        "`el2_remap_page()` does not call `el2_map()` after `el2_unmap()`, or swaps `va` and `pa`",
        sign=r"data abort from the same EL",
        function="el2_remap_page",
        mutants=("broken and not made", "page B at its own address"),
    ),
    Mistake(
        "lab02.6.not_found",
        "`el2_remap_page()` does not call `pt_lookup()` first, or does not compare the level with"
        " `PT_LAST_LEVEL`",
        sign=r"point a page (that is not mapped|of a block): (?!not found)",
        function="el2_remap_page",
        mutants=("remap of an unmapped page", "remap of a page of a block"),
    ),
    Mistake(
        "lab02.6",
        "`el2_remap_page()` does not test `va` and `pa` before it looks the page up and unmaps it:"
        " `E_INVALID`",
        sign=r"point an unaligned address: (?!invalid)"
             r"|el2_remap_page\(.*(not E_INVALID|not mapped, but should be)",
        function="el2_remap_page",
        mutants=("remap of an unaligned address", "remap to an unaligned PA unmaps"),
    ),
    Mistake(
        "lab02.6.live",
        "`el2_remap_page()` does not pass `prot` on to `el2_map()`",
        sign=r"el2_remap_page\(.* has attributes",
        function="el2_remap_page",
        mutants=("remap keeps the permissions",),
    ),
    Mistake(
        "lab02.6.barriers",
        "a barrier of `el2_invalidate()` is missing or too weak: `dsb(ishst)` before the TLBI,"
        " `dsb(ish)` and `isb()` after it",
        sign=r"no (DSB|ISB) ",
        function="el2_invalidate",
        mutants=("no DSB before TLBI", "no DSB after TLBI", "no ISB after TLBI",
                 "DSB only for stores after TLBI"),
    ),
)
