# SPDX-License-Identifier: MIT
"""Lab 2: EL2 with its MMU on. In the order of the transcript, which is that of the tasks."""

from __future__ import annotations

from collections.abc import Callable

from ...model.leaf_fields import (
    ACCESS_FLAG, AP_1, AP_2, ATTR_INDEX, DEVICE, INNER_SHAREABLE, NORMAL, SHAREABILITY, XN,
)  # fmt: skip
from ..boot_checks import switches_off
from ..check import Boot, Check
from ..contract_checks import changed_in_order, kept, scripted
from ..execution_order import executed_in_order
from . import contracts, machine
from .rules import (
    SPLIT, attributes_are_right, devices_are_mapped_as_devices, each_kind,
    every_line_is_invalidated, hole_is_a_page, image_is_mapped_as_linked,
)  # fmt: skip


def test_line(name: str, points: int, title: str, what: str, result: str, hint: str) -> Check:
    """A line of the self-test."""
    return Check(f"lab02.{name}", points, title, line=f"[test] {what}: {result}", hint=hint)


def test_lines(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """Consecutive lines of the self-test."""
    line = "\n".join(f"[test] {fact}" for fact in facts)
    return Check(f"lab02.{name}", points, title, line=line, hint=hint)


def _attribute(
    name: str, points: int, title: str, wrong: Callable[[str, int], bool], wanted: str, hint: str
) -> Check:
    return Check(
        f"lab02.{name}", points, title, test=each_kind(wrong), wanted=wanted, hint=hint
    )


def _refused(name: str, title: str, what: str) -> Check:
    return test_line(f"3.{name}", 1, title, what, "invalid", RANGES)


XN_HINT = "Execute-never at EL2 is bit 54 (XN); bit 53, PXN, has no meaning in this regime."
AP = "AP[2], bit 7, set means read-only; AP[1], bit 6, is RES1 at EL2 and does not concern EL0."
RANGES = (
    "Check before you write the first entry: address, PA and size page-aligned, size not 0, and the"
    " whole range below 2^input_bits."
)
OVERLAP = "Check the whole range first (pt_walk() with visit_find_mapping()), then write."
MAIR = (
    "Byte n of MAIR_EL2 belongs to AttrIndx n: 0xff is Normal write-back, 0x04 Device-nGnRE."
    " The index is in bits 4 to 2 of the descriptor."
)
BLOCK_FITS = (
    "A block fits if the range covers the whole entry and the PA is aligned to the block size too."
    " Type bits: 0b01 for a block, 0b11 for a page and for a table."
)
BBM = (
    "Break (clear, DSB), invalidate (TLBI VAE2IS with the address >> 12, DSB, ISB), make: the old"
    " page stays visible as long as its TLB entry exists."
)

CONTRACTS = contracts.CONTRACTS
ORDERED = scripted(logged=True)
CORTEX_A57 = Boot(options=("-cpu", "cortex-a57"))

CHECKS = [
    test_lines(
        "1.tcr",
        2,
        "TCR_EL2 has its RES1 bits, the VA size, and the core's PA size",
        "T0SZ is 64 minus the number of bits: 25 for 39. PS is ID_AA64MMFR0_EL1.PARange, limited by"
        " pa_range.c. Bits 31 and 23 are RES1.",
        "TCR_EL2: RES1 set: yes, T0SZ for 39 bits of VA: yes, PS is the core's: yes",
    ),
    test_lines(
        "1.walks",
        2,
        "TCR_EL2 sets the granule, cacheability and shareability of table walks",
        "TG0 = 0 is the 4 KiB granule. IRGN0 and ORGN0 are write-back write-allocate and SH0 is"
        " inner shareable, so that the walker sees what is in the caches.",
        "TCR_EL2: 4 KiB granule: yes, walks write-back and inner shareable: yes",
    ),
    test_lines(
        "1.mair",
        2,
        "MAIR_EL2 has Normal write-back and Device-nGnRE",
        MAIR,
        "MAIR_EL2: normal 0xff, device 0x04",
    ),
    _attribute(
        "2.access_flag",
        2,
        "Every kind of mapping has the access flag",
        lambda _, bits: not bits & ACCESS_FLAG,
        "AF, bit 10, in each",
        "Without AF the first access faults: in this kit EL2 does not manage AF.",
    ),
    _attribute(
        "2.index",
        2,
        "Memory and devices have the index of their type",
        lambda kind, bits: bits & ATTR_INDEX != (DEVICE if "device" in kind else NORMAL),
        "AttrIndx, bits 4 to 2: MAIR_INDEX_NORMAL or MAIR_INDEX_DEVICE",
        "AttrIndx is an index into MAIR_EL2, not the attribute itself: FIELD_PREP(S1_ATTRINDX, n).",
    ),
    _attribute(
        "2.shareable",
        2,
        "Memory is inner shareable",
        lambda kind, bits: "device" not in kind and bits & SHAREABILITY != INNER_SHAREABLE,
        "SH, bits 9 and 8: 0b11 for memory",
        "SH is bits 9 and 8; 0b11 is inner, 0b10 outer shareable.",
    ),
    _attribute(
        "2.read_only",
        2,
        "A mapping without PROT_W is read-only",
        lambda kind, bits: bool(bits & AP_2) != ("W" not in kind.split()[-1])
        or not bits & AP_1,
        "AP[2], bit 7: set unless PROT_W; AP[1], bit 6, set",
        AP,
    ),
    _attribute(
        "2.execute_never",
        1,
        "A mapping without PROT_X and every device mapping is execute-never",
        lambda kind, bits: bool(bits & XN) != (kind != "R-X"),
        "XN, bit 54: set unless PROT_X, and for every device",
        XN_HINT + " A device always gets it: a speculative fetch is an access.",
    ),
    test_line(
        "3.levels",
        2,
        "A range is mapped by blocks where they fit, and by pages around them",
        "map page, 2 MiB, page",
        "ok, at levels 3, 2, 3, type bits 3, 1, 3",
        BLOCK_FITS,
    ),
    test_line(
        "3.unaligned_block",
        2,
        "A block is not used where the PA is not aligned to it",
        "map 2 MiB to a PA that no block fits",
        "ok, at level 3",
        BLOCK_FITS,
    ),
    Check(
        "lab02.3.pa",
        1,
        "Block and pages are mapped to the requested PA, with the requested attributes",
        line="[plain] 0x30001ff000..0x3000400fff -> 0x0401ff000 attributes 0x0000000000000404,"
        " 1 block, 2 pages",
        hint="The PA moves with the address: pa_offset in map_request is the difference. Add"
             " attributes and type bits to it.",
    ),
    Check(
        "lab02.3.split",
        2,
        "A block is split when a page of it is unmapped, with break before make",
        pattern=r"\[test\] unmap a page of the block: ok, now at level 3, type bits 3,"
        r" invalidated (?:[2-9]|\d{2,}) times",
        wanted=f"{SPLIT}ok, now at level 3, type bits 3, invalidated {{number}} times, 2 or more",
        hint="Clear the block, invalidate, enter the table: call the regime's invalidate() for each"
             " valid entry that you clear. The entries of the new table are pages: type bits 0b11.",
    ),
    Check(
        "lab02.3.hole",
        2,
        "Only the unmapped page of the block disappears",
        test=hole_is_a_page,
        wanted="a hole of one page; PA and attributes on both sides unchanged",
        needs="lab02.3.split",
        hint="Entry i of the new table maps the block's PA + i pages, with the page's type bits:"
             " 0b11.",
    ),
    _refused("unaligned", "An unaligned address is refused", "map an unaligned address"),
    _refused("unaligned_size", "An unaligned size is refused", "map an unaligned size"),
    _refused("unaligned_pa", "An unaligned PA is refused", "map to an unaligned PA"),
    _refused("pa_beyond", "A PA beyond 48 bits is refused", "map to a PA beyond 48 bits"),
    _refused("nothing", "An empty range is refused", "map nothing"),
    _refused("beyond", "A range beyond the address size is refused", "map beyond the address size"),
    _refused("across", "A range across the end of the address space is refused",
             "map across the end of it"),
    _refused("unmap_unaligned", "Unmapping an unaligned address is refused",
             "unmap an unaligned address"),
    test_line(
        "3.exists",
        2,
        "A mapping is not overwritten, and no part of the refused request remains",
        "map over a range that is half in use",
        "exists, its free half is mapped: no",
        OVERLAP,
    ),
    test_lines(
        "3.no_memory",
        2,
        "Without pages for tables the result is E_NO_MEMORY, and no part of the request remains",
        "page_alloc() returns NULL when the pool is empty: return E_NO_MEMORY through the walk, and"
        " unmap the part that was mapped.",
        "map with 0 of 3 pages left for tables: no memory, half of it is mapped: no",
        "map with 2 of 3 pages left for tables: no memory, half of it is mapped: no",
    ),
    test_line(
        "3.destroyed",
        1,
        "A destroyed table frees all its pages",
        "pages lost by the table",
        "0",
        "pt_destroy() frees each table below the root, then the root's pages. A table that was"
        " allocated but not entered anywhere is lost: enter it at once. The table that an entry"
        " points to is at entry & PTE_ADDR.",
    ),
    Check(
        "lab02.4.attributes",
        3,
        "All of EL2's mappings have AF, a known memory type and the right shareability",
        test=attributes_are_right,
        wanted="AF set, AttrIndx 0 or 1, memory inner shareable, nothing writable and executable",
        hint="Check the flags in your calls of el2_map(): PROT_X only for text, PROT_DEVICE for"
             " devices.",
    ),
    Check(
        "lab02.4.image",
        4,
        "Each section has its permissions, and nothing between them is mapped",
        test=image_is_mapped_as_linked,
        wanted="text R-X, rodata R--, data, bss and stacks RW-, the guards between them unmapped",
        needs="lab02.4.attributes",
        hint="Call el2_map() for each section, from its start to its end symbol; the emergency"
             " stack is a separate section. A section's end is aligned already: rounding it up maps"
             " the guard.",
    ),
    Check(
        "lab02.4.devices",
        3,
        "UART and GIC are mapped as devices, and nothing else is",
        test=devices_are_mapped_as_devices,
        wanted="UART, distributor and redistributors: Device-nGnRE, RW-",
        needs="lab02.4.attributes",
        hint="Base and size are in platform.h. Device memory never gets PROT_X.",
    ),
    Check(
        "lab02.5.on",
        2,
        "EL2 continues with its MMU on",
        line="[mmu] on: 39 bits of VA, 48 bits of PA",
        hint="If nothing is printed, the first fetch or print with the MMU on faulted: M set before"
             " TTBR0_EL2, text, stack or UART not mapped, AF 0, or a page whose type bits are not"
             " 11.",
    ),
    Check(
        "lab02.5.control",
        2,
        "MMU, caches and WXN are on, and the RES1 bits of SCTLR_EL2 are still set",
        line="[mmu] SCTLR_EL2: M yes, C yes, I yes, WXN yes, RES1 yes",
        hint="Add M, C, I and WXN to the value of SCTLR_EL2, with one write: keep the other bits.",
    ),
    test_line(
        "5.read_text",
        1,
        "Code can be read",
        "read text",
        "done",
        "A stage-1 leaf is always readable at EL2, for any AP: check AF and the type bits.",
    ),
    test_line(
        "5.write_text", 1, "Code cannot be written", "write text", "permission fault, level 3", AP
    ),
    test_line(
        "5.write_rodata",
        1,
        "Constants cannot be written",
        "write rodata",
        "permission fault, level 3",
        AP,
    ),
    test_line(
        "5.execute_rodata",
        1,
        "Constants cannot be executed",
        "execute rodata",
        "permission fault, level 3",
        XN_HINT,
    ),
    test_line("5.write_data", 1, "Variables can be written", "write data", "done", AP),
    test_line(
        "5.execute_data",
        1,
        "Variables cannot be executed",
        "execute data",
        "permission fault, level 3",
        XN_HINT,
    ),
    test_line(
        "5.execute_uart",
        1,
        "A device cannot be executed",
        "execute the UART",
        "permission fault, level 3",
        XN_HINT,
    ),
    test_lines(
        "5.guards",
        2,
        "No guard page is mapped",
        "Section ends are page-aligned already: rounding an end up maps the guard after it.",
        *(
            f"read the guard {where}: translation fault, level 3"
            for where in (
                "after text",
                "after rodata",
                "after data",
                "after bss",
                "below the stack",
                "above the stack",
            )
        ),
    ),
    test_line(
        "5.behind_image",
        1,
        "Nothing is mapped after the image",
        "read past the image",
        "translation fault, level {number}",
        "Map only the sections of hyp.ld, not all of RAM.",
    ),
    test_line(
        "5.address_0",
        1,
        "A null pointer faults",
        "read address 0",
        "translation fault, level {number}",
        "Map only the devices that are used, not the whole first gigabyte.",
    ),
    test_line(
        "5.beyond",
        1,
        "Addresses end at 39 bits",
        "read beyond the address size",
        "translation fault, level 0",
        "T0SZ is 64 minus the number of bits: 25 for 39 bits. With 24,"
        " walks start at level 0 in a table for level 1, and nothing is printed any more.",
    ),
    test_line(
        "5.at_text",
        1,
        "AT S1E2R: code is Normal write-back memory at its own address",
        "AT S1E2R text",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    test_line(
        "5.at_stack",
        1,
        "AT S1E2R: the stack is Normal write-back memory at its own address",
        "AT S1E2R stack",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    test_line(
        "5.at_uart",
        1,
        "AT S1E2R: the UART is Device-nGnRE at its own address",
        "AT S1E2R UART",
        "PA is VA: yes, attributes 0x04",
        MAIR,
    ),
    test_line(
        "5.at_guard",
        1,
        "AT S1E2R: a guard page does not translate",
        "AT S1E2R guard",
        "fault, status 0x07",
        "0x07 is a translation fault at level 3: the table exists, but the page is not mapped.",
    ),
    test_lines(
        "6.map",
        1,
        "A block that is mapped while the MMU is on can be read",
        "The entry must be visible to the walker before the access: DSB and ISB after the write.",
        "map 2 MiB: ok",
        "read it: done",
    ),
    test_lines(
        "6.hole",
        1,
        "A page that is unmapped from a block in use faults at once, its neighbours do not",
        "Break before make: clear the block, TLBI (operand: the address >> 12) and DSB, enter the"
        " table. Its pages keep the block's address and attributes, but their type bits are 11.",
        "unmap one page of it: ok",
        "read below the hole: done",
        "read the hole: translation fault, level 3",
        "read above the hole: done",
    ),
    test_lines(
        "6.unmap_all",
        1,
        "A range of pages is unmapped completely",
        "TLBI for each entry that you clear, with the address >> 12; skip what is not mapped.",
        "unmap all of it: ok",
        "read below the hole: translation fault, level {number}",
    ),
    test_line(
        "6.page_a",
        1,
        "An address can be mapped again",
        "a window on page A",
        "ok, shows 0xaaaa",
        BBM,
    ),
    test_line(
        "6.page_b",
        2,
        "A remapped address shows its new page at once",
        "pointed at page B",
        "ok, shows 0xbbbb",
        BBM,
    ),
    test_lines(
        "6.unmapped",
        2,
        "An unmapped address faults at once",
        "A stale TLB entry is still used: TLBI by VA, whose operand is the address >> 12, then DSB"
        " and ISB.",
        "unmapped: ok",
        "read the window: translation fault, level 3",
    ),
    test_lines(
        "6.not_found",
        1,
        "Only a mapped page is remapped, and only with page-aligned addresses",
        "Check the addresses first: E_INVALID. Then look the page up: E_NOT_FOUND if there is no"
        " leaf, or if it is a block.",
        "point a page that is not mapped: not found",
        "point a page of a block: not found",
        "point an unaligned address: invalid",
    ),
    Check(
        "lab02.6.off",
        1,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab02.6.not_found",
        hint="An exception that no test expects ends in a panic: read its FAR and ELR.",
    ),
    Check(
        "lab02.5.control_registers",
        2,
        "SCTLR_EL2 and TCR_EL2 are right while the MMU is on",
        test=machine.control_registers,
        machine=True,
        wanted="M, C, I, WXN and SA; T0SZ 25, PS of the core, 4 KiB, walks write-back and inner"
               " shareable, RES1",
        hint="Add M, C, I and WXN to SCTLR_EL2 and keep the rest. TCR_EL2 is task 1.",
    ),
    Check(
        "lab02.5.every_page",
        3,
        "The table that the hardware walks maps every page of EL2 correctly, and nothing else",
        test=machine.every_page_is_right,
        machine=True,
        wanted="the image section by section, guards unmapped, the UART and the GIC as devices",
        hint="Compare the section of the named page in hyp.ld with your el2_map() calls, and its"
             " descriptor with task 2.",
        section="task-4",
    ),
    Check(
        "lab02.1.cortex_a57",
        1,
        "TCR_EL2 has 44 bits of PA on a core with 44",
        line="[test] TCR_EL2: RES1 set: yes, T0SZ for 39 bits of VA: yes, PS is the core's: yes",
        boot=CORTEX_A57,
        hint="Take PS from the core, with cpu_pa_range(): 48 bits are more than this core has.",
    ),
    changed_in_order(
        "lab02.3.barriers",
        1,
        "The walkers see a new table before the entry that points to it, and new entries on return",
        "DSB ISHST after a table's contents and after the last store; no valid entry is replaced"
        " directly",
        "The walkers are guaranteed to see a store to a table only after a DSB. Put `dsb(ishst)`"
        " after the new table's zeros or pages, before the entry that points to it, and at the end"
        " of pt_map().",
        ORDERED,
    ),
    kept(
        contracts.CONTROLS,
        1,
        "MAIR_EL2 and TCR_EL2 do not depend on their earlier values",
        "the same values after junk and after zeros",
        "Both reset to UNKNOWN values: write_sysreg() the whole value, and keep no earlier bits.",
        proof=False,  # a stub passes: it writes nothing, twice
    ),
    kept(
        contracts.EVERY_PROT,
        1,
        "Each of the eight values of `prot` gets its attributes",
        "AF, AP[1], SH and AttrIndx as for every mapping; AP[2] unless PROT_W; XN unless PROT_X,"
        " and for devices",
        "Each bit depends only on its own flags: a writable page may be executable here, and WXN"
        " forbids it.",
        proof=False,  # one wrong value of eight does not mean that the task was left out
    ),
    kept(
        contracts.WALKS,
        2,
        "A walk visits each entry of its range in order, with the right values",
        "each entry of the range that is not a table, clipped to the range, with its descriptor and"
        " level",
        "A range may start in the middle of its first entry and end in the middle of its last;"
        " indices are start / size % entries, also for concatenated root tables. visit() may end"
        " the walk, or enter a table, which is walked at once.",
    ),
    kept(
        contracts.RANGES,
        2,
        "Any range that fits is mapped and unmapped exactly, and all others are refused",
        "range, PA and result as in pgtable.h, for tables of every shape",
        "Compare address and PA with the size by subtraction, so that nothing wraps. A block needs"
        " a whole entry of 2 MiB in the range and a PA with the same alignment. Look for existing"
        " mappings first.",
    ),
    kept(
        contracts.SPLITS,
        2,
        "A block loses only the unmapped pages, by break before make",
        "PA and all attributes, with XN, of the other pages; the entry invalid when invalidate() is"
        " called",
        "Entry i of the new table is the block with PA + i pages and the page's type bits; keep all"
        " other bits. Clear the block's entry, call invalidate(), and only then enter the table.",
    ),
    kept(
        contracts.SHORTAGES,
        2,
        "With few pages left for tables no range is half mapped, and no page is lost",
        "E_NO_MEMORY, and the table unchanged; a block that cannot be split stays, pages before it"
        " are unmapped",
        "page_alloc() may return NULL at any step: unmap all of the range and return E_NO_MEMORY."
        " Allocate the page for a split before you clear the block.",
    ),
    every_line_is_invalidated(executed_in_order(
        "lab02.5.barriers",
        2,
        "Caches, TLB and registers are ready when the MMU comes on",
        "DC IVAC of each line and MSR TTBR0_EL2; ISB; TLBI ALLE2 and IC IALLU; DSB; ISB;"
        " MSR SCTLR_EL2; ISB",
        "Each step waits for the one before: an ISB after the registers, a DSB and an ISB after"
        " TLBI and IC, an ISB after SCTLR_EL2.",
    )),
    kept(
        contracts.LIVE,
        2,
        "EL2's own windows are mapped, remapped and unmapped, and nothing else changes",
        "each result as in el2_mmu.h; the new page at once; all other mappings unchanged",
        "Refuse before the first change: E_INVALID if `va` or `pa` is not page-aligned, E_NOT_FOUND"
        " if there is no page. Then break, invalidate, make. The attributes are those of `prot`.",
    ),
    changed_in_order(
        "lab02.6.barriers",
        2,
        "A TLBI comes after the store to the table, names the page, and is complete on return",
        "the entry cleared; DSB ISHST; TLBI VAE2IS of address >> 12; DSB ISH; ISB; and only then a"
        " new entry",
        "Four steps: the store reaches the walkers (DSB ISHST); TLBI; it is complete (DSB ISH);"
        " instructions that were already fetched are dropped (ISB).",
        ORDERED,
    ),
]
