# SPDX-License-Identifier: MIT
"""Lab 2: EL2 behind its own MMU. In the order of the transcript, which is that of the tasks."""

from __future__ import annotations

from collections.abc import Callable

from ..boot_checks import switches_off
from ..check import Boot, Check
from ..contract_checks import in_right_order, kept, scripted
from ..execution_order import in_order
from . import contracts, machine
from .rules import (
    ACCESS_FLAG, ATTR_INDEX, DEVICE, NEVER_EXECUTE, NORMAL, READ_ONLY, SHARED, SPLIT,
    attributes_are_right, devices_are_mapped_as_devices, each_kind, hole_is_a_page,
    image_is_mapped_as_linked,
)  # fmt: skip

AP_1 = 1 << 6  # RES1 at EL2


def probe(name: str, points: int, title: str, what: str, answer: str, hint: str) -> Check:
    return Check(f"lab02.{name}", points, title, line=f"[test] {what}: {answer}", hint=hint)


def lines(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """Several lines of the self-test, one behind the other."""
    line = "\n".join(f"[test] {fact}" for fact in facts)
    return Check(f"lab02.{name}", points, title, line=line, hint=hint)


def attribute(
    name: str, points: int, title: str, wrong: Callable[[str, int], bool], wanted: str, hint: str
) -> Check:
    return Check(
        f"lab02.{name}", points, title, test=each_kind(wrong), wanted=wanted, hint=hint
    )


def refused(name: str, title: str, what: str) -> Check:
    return probe(f"3.{name}", 1, title, what, "invalid", RANGES)


XN = "Execute-never of EL2 is bit 54 (XN); bit 53, PXN, means nothing in this regime."
AP = "AP[2], bit 7, set means read-only; AP[1], bit 6, is RES1 at EL2 and says nothing of EL0."
RANGES = (
    "Check before the first entry is written: address, PA and size page-aligned, size not 0,"
    " and all of it below 2^input_bits."
)
OVERLAP = "Look at the whole range first (pt_walk() with visit_find_mapping()), then write."
MAIR = (
    "Byte n of MAIR_EL2 belongs to AttrIndx n: 0xff is Normal write-back, 0x04 Device-nGnRE."
    " The index stands in bits 4 to 2 of the descriptor."
)
BLOCK_FITS = (
    "A block fits if this entry's part of the range is all of it and the PA is aligned to its"
    " size as well. Type bits: 0b01 for a block, 0b11 for a page and for a table."
)
BBM = (
    "Break (clear, DSB), forget (TLBI VAE2IS with the address >> 12, DSB, ISB), make: the old page"
    " shows as long as its TLB entry lives."
)

CONTRACTS = contracts.CONTRACTS
ORDERED = scripted(traced=True)
CORTEX_A57 = Boot(options=("-cpu", "cortex-a57"))

CHECKS = [
    lines(
        "1.tcr",
        2,
        "TCR_EL2 has its RES1 bits, the size of the VA, and the core's PA size",
        "T0SZ is 64 minus the number of bits: 25 for 39. PS is ID_AA64MMFR0_EL1.PARange as pa_range.c"
        " limits it. Bits 31 and 23 are RES1.",
        "TCR_EL2: RES1 set: yes, T0SZ for 39 bits of VA: yes, PS is the core's: yes",
    ),
    lines(
        "1.walks",
        2,
        "TCR_EL2 says how the tables are read",
        "TG0 = 0 is the 4 KiB granule; IRGN0 and ORGN0 write-back write-allocate, SH0 inner"
        " shareable, so that the walker sees what the caches hold.",
        "TCR_EL2: 4 KiB granule: yes, walks write-back and inner shareable: yes",
    ),
    lines(
        "1.mair",
        2,
        "MAIR_EL2 has Normal write-back and Device-nGnRE",
        MAIR,
        "MAIR_EL2: normal 0xff, device 0x04",
    ),
    attribute(
        "2.access_flag",
        2,
        "Every kind of mapping has the access flag",
        lambda _, bits: not bits & ACCESS_FLAG,
        "AF, bit 10, in each",
        "Without AF the first access faults: EL2 does not manage it in this kit.",
    ),
    attribute(
        "2.index",
        2,
        "Memory and devices have the index of their type",
        lambda kind, bits: bits & ATTR_INDEX != (DEVICE if "device" in kind else NORMAL),
        "AttrIndx, bits 4 to 2: MAIR_INDEX_NORMAL or MAIR_INDEX_DEVICE",
        "AttrIndx is an index into MAIR_EL2, not the attribute itself: FIELD_PREP(S1_ATTRINDX, n).",
    ),
    attribute(
        "2.shareable",
        2,
        "Memory is inner shareable",
        lambda kind, bits: "device" not in kind and bits & SHARED != SHARED,
        "SH, bits 9 and 8: 0b11 for memory",
        "SH is bits 9 and 8; 0b11 is inner, 0b10 outer shareable.",
    ),
    attribute(
        "2.read_only",
        2,
        "What has no PROT_W is read-only",
        lambda kind, bits: bool(bits & READ_ONLY) != ("W" not in kind.split()[-1])
        or not bits & AP_1,
        "AP[2], bit 7: set unless PROT_W; AP[1], bit 6, set",
        AP,
    ),
    attribute(
        "2.execute_never",
        1,
        "What has no PROT_X is never executed, and devices never are",
        lambda kind, bits: bool(bits & NEVER_EXECUTE) != (kind != "R-X"),
        "XN, bit 54: set unless PROT_X, and for every device",
        XN + " A device gets it always: a speculative fetch is an access.",
    ),
    probe(
        "3.levels",
        2,
        "A range gets the largest block that fits, and pages around it",
        "map page, 2 MiB, page",
        "ok, at levels 3, 2, 3, type bits 3, 1, 3",
        BLOCK_FITS,
    ),
    probe(
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
        "Block and pages are mapped to the PA that was asked for, with its attributes",
        line="[plain] 0x30001ff000..0x3000400fff -> 0x0401ff000 attributes 0x0000000000000404,"
        " 1 block, 2 pages",
        hint="The PA moves with the address: pa_offset, which map_request carries, is the difference."
        " Attributes and type bits are added to it.",
    ),
    Check(
        "lab02.3.split",
        2,
        "A block is split when a page of it is unmapped, with break before make",
        pattern=r"\[test\] unmap a page of the block: ok, now at level 3, type bits 3,"
        r" invalidated (?:[2-9]|\d{2,}) times",
        wanted=f"{SPLIT}ok, now at level 3, type bits 3, invalidated {{number}} times, 2 or more",
        hint="Block out, invalidate, table in: the regime's invalidate() each time a valid entry goes."
        " The entries of the new table are pages: type bits 0b11.",
    ),
    Check(
        "lab02.3.hole",
        2,
        "Only the unmapped page of the block is gone",
        test=hole_is_a_page,
        wanted="a hole of one page, PA and attributes on both sides as before",
        needs="lab02.3.split",
        hint="Entry i of the new table maps the block's PA + i pages, with the page's type bits: 0b11.",
    ),
    refused("unaligned", "An unaligned address is refused", "map an unaligned address"),
    refused("unaligned_size", "An unaligned size is refused", "map an unaligned size"),
    refused("unaligned_pa", "An unaligned PA is refused", "map to an unaligned PA"),
    refused("pa_beyond", "A PA beyond 48 bits is refused", "map to a PA beyond 48 bits"),
    refused("nothing", "An empty range is refused", "map nothing"),
    refused("beyond", "A range beyond the address size is refused", "map beyond the address size"),
    refused("across", "So is one that goes across its end", "map across the end of it"),
    refused("unmap_unaligned", "Unmapping an unaligned address is refused", "unmap an unaligned address"),
    probe(
        "3.exists",
        2,
        "What is mapped is not mapped over, and nothing of the request is left",
        "map over a range that is half in use",
        "exists, its free half is mapped: no",
        OVERLAP,
    ),
    lines(
        "3.no_memory",
        2,
        "Without pages for tables, mapping says so, and nothing of the request is left",
        "page_alloc() answers NULL when the pool is empty; hand E_NO_MEMORY up through the walk, and"
        " unmap what was mapped before it.",
        "map with 0 of 3 pages left for tables: no memory, half of it is mapped: no",
        "map with 2 of 3 pages left for tables: no memory, half of it is mapped: no",
    ),
    probe(
        "3.destroyed",
        1,
        "A table that is destroyed gives all its pages back",
        "pages lost by the table",
        "0",
        "pt_destroy() frees each table below the root, then the root's pages. A table that was"
        " allocated and is not hung in anywhere is lost: hang it in at once.",
    ),
    Check(
        "lab02.4.attributes",
        3,
        "All of EL2's mappings have access flag, a known memory type and the right shareability",
        test=attributes_are_right,
        wanted="AF set, AttrIndx 0 or 1, memory inner shareable, nothing writable and executable",
        hint="What el2_map() is asked for decides: PROT_X for text alone, PROT_DEVICE for devices.",
    ),
    Check(
        "lab02.4.image",
        4,
        "Each section has its permissions, and nothing between them is mapped",
        test=image_is_mapped_as_linked,
        wanted="text R-X, rodata R--, data, bss and stacks RW-, the guards between them unmapped",
        needs="lab02.4.attributes",
        hint="One el2_map() a section, from its start to its end symbol; the emergency stack is one"
        " of its own. A section's end is aligned already: rounding it up maps the guard.",
    ),
    Check(
        "lab02.4.devices",
        3,
        "UART and GIC are mapped as devices, and nothing else is",
        test=devices_are_mapped_as_devices,
        wanted="UART, distributor and redistributors: Device-nGnRE, RW-",
        needs="lab02.4.attributes",
        hint="Base and size stand in platform.h. Device memory never takes PROT_X.",
    ),
    Check(
        "lab02.5.on",
        2,
        "EL2 lives on behind the MMU",
        line="[mmu] on: 39 bits of VA, 48 bits of PA",
        hint="Silence here means that the first fetch or print with the MMU on faulted: M set before"
        " TTBR0_EL2, text, stack or UART not mapped, AF 0, or a page whose type bits are not 11.",
    ),
    Check(
        "lab02.5.control",
        2,
        "MMU, caches and WXN are on, and the RES1 bits of SCTLR_EL2 still set",
        line="[mmu] SCTLR_EL2: M yes, C yes, I yes, WXN yes, RES1 yes",
        hint="Set M, C, I and WXN in what SCTLR_EL2 holds, with one write: the other bits stay.",
    ),
    probe(
        "5.read_text",
        1,
        "Code can be read",
        "read text",
        "done",
        "A stage-1 leaf is readable at EL2 whatever AP says; look at AF and the type bits.",
    ),
    probe(
        "5.write_text", 1, "Code cannot be written", "write text", "permission fault, level 3", AP
    ),
    probe(
        "5.write_rodata",
        1,
        "Constants cannot be written",
        "write rodata",
        "permission fault, level 3",
        AP,
    ),
    probe(
        "5.execute_rodata",
        1,
        "Constants cannot be executed",
        "execute rodata",
        "permission fault, level 3",
        XN,
    ),
    probe("5.write_data", 1, "Variables can be written", "write data", "done", AP),
    probe(
        "5.execute_data",
        1,
        "Variables cannot be executed",
        "execute data",
        "permission fault, level 3",
        XN,
    ),
    probe(
        "5.execute_uart",
        1,
        "A device cannot be executed",
        "execute the UART",
        "permission fault, level 3",
        XN,
    ),
    lines(
        "5.guards",
        2,
        "No guard page is mapped",
        "Sections end at a page already: rounding an end up once more maps the guard behind it.",
        *(
            f"read the guard {where}: translation fault, level 3"
            for where in (
                "behind text",
                "behind rodata",
                "behind data",
                "behind bss",
                "below the stack",
                "above the stack",
            )
        ),
    ),
    probe(
        "5.behind_image",
        1,
        "Nothing is mapped behind the image",
        "read behind the image",
        "translation fault, level {number}",
        "Map what hyp.ld names, not all of RAM.",
    ),
    probe(
        "5.address_0",
        1,
        "A null pointer faults",
        "read address 0",
        "translation fault, level {number}",
        "Map the devices that are used, not the whole first gigabyte.",
    ),
    probe(
        "5.beyond",
        1,
        "Addresses end at 39 bits",
        "read beyond the address size",
        "translation fault, level 0",
        "T0SZ is 64 minus the number of bits: 25 for 39 bits. One less, and walks begin at level"
        " 0, in a table that is none: the machine falls silent.",
    ),
    probe(
        "5.at_text",
        1,
        "AT S1E2R: code is Normal write-back memory at its own address",
        "AT S1E2R text",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    probe(
        "5.at_stack",
        1,
        "AT S1E2R: the stack is Normal write-back memory at its own address",
        "AT S1E2R stack",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    probe(
        "5.at_uart",
        1,
        "AT S1E2R: the UART is Device-nGnRE at its own address",
        "AT S1E2R UART",
        "PA is VA: yes, attributes 0x04",
        MAIR,
    ),
    probe(
        "5.at_guard",
        1,
        "AT S1E2R: a guard page does not translate",
        "AT S1E2R guard",
        "fault, status 0x07",
        "0x07 is a translation fault at level 3: the table of pages is there, the page is not.",
    ),
    lines(
        "6.map",
        1,
        "A block is mapped while the MMU is on, and read",
        "The entry must be visible to the walker before the access: DSB and ISB behind the write.",
        "map 2 MiB: ok",
        "read it: done",
    ),
    lines(
        "6.hole",
        1,
        "A page that is unmapped out of a live block faults at once, its neighbours do not",
        "Break before make: block out, TLBI (operand: the address >> 12) and DSB, table in. Its pages keep"
        " the block's address and attributes, but their type bits are 11.",
        "unmap one page of it: ok",
        "read below the hole: done",
        "read the hole: translation fault, level 3",
        "read above the hole: done",
    ),
    lines(
        "6.unmap_all",
        1,
        "A range of pages is unmapped as a whole",
        "TLBI for each entry that goes, with the address >> 12; what is not mapped is passed over.",
        "unmap all of it: ok",
        "read below the hole: translation fault, level {number}",
    ),
    probe(
        "6.page_a",
        1,
        "An address can be mapped again",
        "a window on page A",
        "ok, shows 0xaaaa",
        BBM,
    ),
    probe(
        "6.page_b",
        2,
        "Pointed at another page, it shows that at once",
        "pointed at page B",
        "ok, shows 0xbbbb",
        BBM,
    ),
    lines(
        "6.unmapped",
        2,
        "Unmapped, it faults at once",
        "A stale TLB entry still answers: TLBI by VA, the operand is the address >> 12, then DSB"
        " and ISB.",
        "unmapped: ok",
        "read the window: translation fault, level 3",
    ),
    lines(
        "6.not_found",
        1,
        "Only what is mapped by a page is pointed elsewhere, and only page-aligned",
        "Look at the addresses first: E_INVALID. Then look the page up: E_NOT_FOUND if there is no"
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
        hint="An exception that no probe expected ends in a panic: read its FAR and ELR.",
    ),
    Check(
        "lab02.5.control_registers",
        2,
        "With the MMU on, SCTLR_EL2 and TCR_EL2 are as they must be",
        test=machine.control_registers,
        machine=True,
        wanted="M, C, I, WXN and SA; T0SZ 25, PS of the core, 4 KiB, walks write-back and inner shareable, RES1",
        hint="SCTLR_EL2 keeps what it had and gains M, C, I and WXN. TCR_EL2 is task 1.",
    ),
    Check(
        "lab02.5.every_page",
        3,
        "The table that the hardware walks maps every page of EL2 as it must, and nothing else",
        test=machine.every_page_is_right,
        machine=True,
        wanted="the image section by section, guards unmapped, the UART and the GIC as devices",
        hint="The page is named: compare its section in hyp.ld with your el2_map() calls, and its descriptor with task 2.",
        section="task-4",
    ),
    Check(
        "lab02.1.cortex_a57",
        1,
        "On a core with 44 bits of PA, TCR_EL2 says 44",
        line="[test] TCR_EL2: RES1 set: yes, T0SZ for 39 bits of VA: yes, PS is the core's: yes",
        boot=CORTEX_A57,
        hint="PS comes from the core, by cpu_pa_range(): a fixed 48 bits are more than this core has.",
    ),
    in_right_order(
        "lab02.3.barriers",
        1,
        "The walkers see a new table before the entry that points to it, and new entries on return",
        "DSB ISHST behind a table's contents, and behind the last store; no valid entry becomes another at once",
        "A store to a table is sure to be seen by the walkers only behind a DSB. `dsb(ishst)`: after the new"
        " table's zeros or pages and before the entry that points to it, and at the end of pt_map().",
        ORDERED,
    ),
    kept(
        contracts.CONTROLS,
        1,
        "MAIR_EL2 and TCR_EL2 are written, whatever they held before",
        "the same values in both, after junk as after zeros",
        "Both reset to UNKNOWN values: write_sysreg() the whole value, and keep nothing that was there.",
        proof=False,  # a stub leaves all of it, as it leaves the rest of the task
    ),
    kept(
        contracts.EVERY_PROT,
        1,
        "Each of the eight values of `prot` gets its attributes",
        "AF, AP[1], SH and AttrIndx as for every mapping; AP[2] unless PROT_W; XN unless PROT_X, and for a device",
        "Each bit depends on its own flags alone: what is writable may be executable here, and WXN forbids it.",
        proof=False,  # one wrong value of eight is not a task that was left out
    ),
    kept(
        contracts.WALKS,
        2,
        "A walk stops at each entry of its range in order, and what it finds is right",
        "each entry of the range that is no table, clipped to the range; the descriptor and level that are there",
        "The first entry of a range may begin in its middle, the last one may end beyond it; indices are"
        " start / size % entries, also for root tables side by side. visit() may end the walk, or put in a"
        " table that is walked at once.",
    ),
    kept(
        contracts.RANGES,
        2,
        "Any range that fits is mapped and unmapped exactly, and any other refused",
        "what pgtable.h says of the range, the PA and the result, for tables of every shape",
        "Compare by subtraction, so that nothing wraps: address and PA, each with the size. A block needs a"
        " whole entry of 2 MiB in the range and a PA that is aligned too. Look for what is mapped first.",
    ),
    kept(
        contracts.SPLITS,
        2,
        "A block loses the pages that are unmapped, by break before make, and keeps all else",
        "PA and all attributes of the pages that stay, XN too; the entry invalid when invalidate() is called",
        "Entry i of the new table is the block with PA + i pages and the page's type bits; all other bits"
        " stay. Clear the block's entry, call invalidate(), and only then put the table in.",
    ),
    kept(
        contracts.SHORTAGES,
        2,
        "With few pages left for tables nothing is mapped by halves, lost or leaked",
        "E_NO_MEMORY, and the table as it was; a block that cannot be split stays, and what comes before it is gone",
        "page_alloc() may answer NULL at any step: take back all of the range, hand E_NO_MEMORY up. Take the page"
        " for a split before the block goes.",
    ),
    in_order(
        "lab02.5.barriers",
        2,
        "Caches, TLB and registers are ready when the MMU comes on",
        "DC IVAC and MSR TTBR0_EL2; ISB; TLBI ALLE2 and IC IALLU; DSB; ISB; MSR SCTLR_EL2; ISB",
        "Each step waits for the one before: an ISB behind the registers, a DSB and an ISB behind TLBI and IC, an ISB behind SCTLR_EL2.",
    ),
    kept(
        contracts.LIVE,
        2,
        "EL2's own windows are mapped, pointed elsewhere and unmapped, and nothing else changes",
        "what el2_mmu.h says of each result; the new page at once; all other mappings as they were",
        "Refuse before the first change: E_INVALID if `va` or `pa` is not page-aligned, E_NOT_FOUND if there is"
        " no page. Then break, forget, make. The attributes are those of `prot`.",
    ),
    in_right_order(
        "lab02.6.barriers",
        2,
        "A TLBI comes behind the store to the table, names the page, and is complete on return",
        "the entry cleared; DSB ISHST; TLBI VAE2IS of address >> 12; DSB ISH; ISB; and only then a new entry",
        "Four steps: the store reaches the walkers (DSB ISHST), TLBI, it is complete (DSB ISH), what was fetched before is dropped (ISB).",
        ORDERED,
    ),
]
