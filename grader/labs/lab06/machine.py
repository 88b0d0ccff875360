# SPDX-License-Identifier: MIT
"""What the guests' memory must show in lab 6, when they have stopped and at the end."""

from __future__ import annotations

import struct
from collections import Counter
from itertools import accumulate, islice
from operator import sub
from pathlib import Path

from ...model.elf import instructions, symbols
from ...model.guest_programs import guest_elf
from ...model.instruction_words import WFI
from ...model.layout import PAGE, Layout, header, layout_of, options_of
from ...model.page_tables import ADDRESS, BADDR, T0SZ, WalkError, leaves, tables
from ...model.snapshot import State
from ...model.syndrome import DABT_LOWER
from ...model.vms import Vm, is_in_use, vms
from ...qemu.inspection import Flip, Watch
from ..check import Evidence, NotReached
from ..lab03.machine import first_byte
from ..register_checks import Bits, bit, field, not_reached, wrong_register
from ..transcript import END, lines_of, reports
from . import drawn


GUESTS = ("counter_os", "memwalk_os")  # GUESTS_6 of common/make/labs.mk, in the order of the VMs
COUNTER, MEMWALK = map(GUESTS.index, ("counter_os", "memwalk_os"))
HEAP_VA = 0x10_0000_0000  # memwalk_os/mmu.h
STACK_FRAME = 128  # that guest_start may push before it calls os_main()
PSTATE_I = 1 << 7
GOLDEN = 0x9E37_79B9_7F4A_7C15  # pattern() of memwalk_os
WORD = (1 << 64) - 1


def guest(image: Path, vm: int) -> bytes:
    """The ELF file of a guest, next to the image; empty if there is none."""
    path = guest_elf(image, vm, GUESTS[vm])
    return path.read_bytes() if path.exists() else b""


def places(image: Path) -> dict[int, str]:
    """Where both guests begin, each WFI of counter_os, and two functions of memwalk_os.

    The MMU of memwalk_os is on in its handler, and off in the first calls of
    guest_log_value(). A function that a guest does not use is not linked and has no place.
    """
    counter, memwalk = (guest(image, vm) for vm in (COUNTER, MEMWALK))
    found: dict[int | None, str] = {
        **{symbols(elf).get("console_init"): f"console {vm}"
           for vm, elf in enumerate((counter, memwalk)) if elf},
        symbols(counter).get("os_main"): f"main {COUNTER}",
        **{at: "wfi" for at in instructions(counter, WFI.to_bytes(4, "little"))},
    }
    if memwalk:
        names = symbols(memwalk)
        found[names.get("os_main")] = f"main {MEMWALK}"
        found[names.get("os_exception")] = "fault"
        found[names.get("guest_log_value")] = drawn.LOGGED
    return {at: name for at, name in found.items() if at is not None}


def flip(image: Path) -> Flip:
    """In memwalk_os's second round, at the end of the heap that it compares first."""
    heap = layout_of(image).heap(MEMWALK)
    return Flip("fault", (HEAP_VA, HEAP_VA + heap.size - 8), heap.start + heap.size // 2)


WATCH = Watch(
    guests=("end", "over"),
    places=places,
    skipped=("wfi",),
    registers=("VBAR_EL1", "ELR_EL1", "TTBR0_EL1", "TCR_EL1", "MAIR_EL1"),
    flip=flip,
    writes=drawn.writes,
    drawn={drawn.LOGGED: "x1"},
)


def guests_are_prepared(evidence: Evidence) -> str:
    """VBAR_EL1 when console_init() is called, SP and VBAR_EL1 when os_main() is."""
    for vm, name in enumerate(GUESTS):
        state, names = evidence.run.state(f"main {vm}"), symbols(guest(evidence.image, vm))
        if not state:
            return f"os_main() of {name} was not called: {evidence.run}"
        before, vectors = evidence.run.state(f"console {vm}"), names.get("os_vectors")
        if before and before["VBAR_EL1"] != vectors:
            return f"{name}: console_init() is called while VBAR_EL1 is 0x{before['VBAR_EL1']:x}"
        for register, symbol, below in (("sp", "guest_stack_top", STACK_FRAME),
                                        ("VBAR_EL1", "os_vectors", 0)):
            top = names.get(symbol)
            if top is None or state[register] not in range(top - below, top + 1, 16):
                wanted = "not linked" if top is None else f"0x{top:x}"
                return f"{name}: {register} is 0x{state[register]:x}; {symbol} is {wanted}"
    return ""


def console_waits(evidence: Evidence) -> str:
    """Each character causes two data aborts: a read of UARTFR and a write of UARTDR."""
    state, vcpus = evidence.run.state("end"), symbols(evidence.image.read_bytes()).get("vcpus")
    if not state or vcpus is None:
        return NotReached(not_reached(evidence, "end"))  # a later task's check says why
    for vm, name in enumerate(GUESTS):
        characters = sum(map(len, lines_of(evidence.run.text, vm)))
        aborts = drawn.counted(state, vcpus, vm)[DABT_LOWER]
        if aborts < 2 * characters:
            return (f"{name}: {aborts} data aborts for {characters} characters: UARTFR is not read"
                    " before each")
    return ""


def heap(state: State, layout: Layout, vm: int) -> tuple[int, ...]:
    region = layout.heap(vm)
    raw = state.memory.read(region.start, region.size) or b""
    return struct.unpack(f"<{len(raw) // 8}Q", raw)


def memwalk_heap_is_right(evidence: Evidence) -> str:
    """The last round's pattern, word by word."""
    state, layout = evidence.run.state("end"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "end")
    rounds = options_of(evidence.image)["CONFIG_ROUNDS"]
    for i, word in enumerate(heap(state, layout, MEMWALK)):
        wanted = (rounds << 48 ^ i) * GOLDEN & WORD
        if word != wanted:
            return (f"word {i} of memwalk_os's heap is 0x{word:x}; round {rounds} has 0x{wanted:x}"
                    " there")
    return ""


def wrong_word_is_found(evidence: Evidence, vm: int) -> str:
    """memwalk_os reports the word that the grader changed in round 2."""
    if not evidence.run.state("flipped"):
        return f"no word of the heap was compared in round 2; {evidence.run}"
    said = [line for line in lines_of(evidence.run.text, vm) if ": round 2," in line]
    return "" if said and "heap WRONG" in said[0] else f"[vm{vm}] {said[0]}" if said else str(
        evidence.run)


def spread(units: list[int], words: int) -> list[int]:
    """The count of each word if every piece of work starts at word 0."""
    rounds, ends = sum(n // words for n in units), Counter(n % words for n in units)
    last = accumulate((ends[i] for i in range(words)), sub, initial=len(units))
    # that reach further than this word
    return [rounds + pieces for pieces in islice(last, 1, None)]


def counter_heap_is_right(evidence: Evidence) -> str:
    """All of its work, the next word for each unit; a round may start at word 0 or continue."""
    state, layout = evidence.run.state("end"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "end")
    counts, done = heap(state, layout,
                        COUNTER), [r.work for r in reports(evidence.run.text, COUNTER)]
    if not done or sum(counts) != done[-1]:
        return (f"counter_os's heap counts {sum(counts)} units, its last report"
                f" {done[-1] if done else 'none'}")
    units = [now - before for before, now in zip([0, *done], done)]
    wanted = spread(units, len(counts))
    if list(counts) in (wanted, spread([sum(units)], len(counts))):
        return ""
    i = next(i for i, word in enumerate(counts) if word != wanted[i])
    return f"word {i} of counter_os's heap counts {counts[i]} units, not {wanted[i]}"


# memwalk_os's own translation


def _attribute(mair: int, index: int) -> int:
    return field(mair, 8 * index + 7, 8 * index)


SCTLR = Bits(
    {
        "M": bit(0),
        "C": bit(2),
        "I": bit(12),
        "WXN": bit(19),
        "what it held before, EOS, nTLSMD, LSMAOE and others (RES1 of Armv8.0),": 0x30D0_0800,
    },
    {},
)
TCR = Bits({"EPD1": bit(23)}, {"TG0": 3 << 14})
WALKS = {"IRGN0": (9, 8, 1), "ORGN0": (11, 10, 1), "SH0": (13, 12, 3), "T0SZ": (5, 0, 64 - 39)}
BITS_40 = 2  # as PARange and IPS have it


def regime_is_right(evidence: Evidence) -> str:
    """SCTLR, TCR and MAIR of EL1, field by field, as the first fault finds them."""
    state = evidence.run.state("fault")
    if not state:
        return f"memwalk_os's os_exception() was not called: {evidence.run}"
    wrong = wrong_register(state, "SCTLR_EL1", SCTLR) or wrong_register(state, "TCR_EL1", TCR)
    if wrong:
        return wrong
    tcr = state["TCR_EL1"]
    for name, (high, low, value) in WALKS.items():
        if field(tcr, high, low) != value:
            return f"TCR_EL1 is 0x{tcr:x}: {name} is {field(tcr, high, low)}, not {value}"
    # EL2 returns the core's PARange, or the 40 bits that an IPA has at most.
    pa_range = field(state["ID_AA64MMFR0_EL1"], 3, 0)
    if field(tcr, 34, 32) not in (pa_range, min(pa_range, BITS_40)):
        return f"TCR_EL1 is 0x{tcr:x}: IPS is {field(tcr, 34, 32)}, which is not PARange"
    mair = state["MAIR_EL1"]
    if mair & 0xFFFF != 0x04FF:
        return (
            f"MAIR_EL1 is 0x{mair:x}: attribute 0 is 0x{_attribute(mair, 0):02x}, not 0xff, or"
            f" attribute 1 is 0x{_attribute(mair, 1):02x}, not 0x04"
        )
    return ""


# A page of stage 1: its output address, the permissions at EL1, the memory type.
Page = tuple[int, str, str]


def _page_of(bits: int, pa: int, mair: int) -> Page:
    kinds = {0xFF: "normal", 0x04: "device"}
    kind = _attribute(mair, bits >> 2 & 7)
    permissions = "R" + ("-" if bits >> 7 & 1 else "W") + ("-" if bits >> 53 & 1 else "X")
    return pa, permissions, kinds.get(kind, f"MAIR attribute 0x{kind:02x}")


def _wanted_pages(evidence: Evidence) -> dict[int, Page]:
    """The pages of the guest's image, mailbox, UART and heap, by VA."""
    names = symbols(guest(evidence.image, MEMWALK))
    layout = layout_of(evidence.image)
    box, heap, uart = layout.mailbox(MEMWALK).start, layout.heap(MEMWALK), header()["VUART_IPA"]
    ends = [names[f"guest_{name}"] for name in ("image_start", "rodata_start", "data_start")]
    ends.append(-(-names["guest_image_end"] // PAGE) * PAGE)
    regions = [
        *((start, start, end - start, rights, "normal")
          for start, end, rights in zip(ends, ends[1:], ("R-X", "R--", "RW-"))),
        (box, box, PAGE, "RW-", "normal"),
        (uart, uart, header()["VUART_SIZE"], "RW-", "device"),
        (HEAP_VA, heap.start, heap.size, "RW-", "normal"),
    ]
    return {
        va + at: (pa + at, rights, kind)
        for va, pa, size, rights, kind in regions
        for at in range(0, size, PAGE)
    }


def _in_words(page: Page | None) -> str:
    return f"IPA 0x{page[0]:x} {page[1]} {page[2]}" if page else "nothing"


def tables_are_right(evidence: Evidence) -> str:
    """Compare each page of memwalk_os's tables, as found by the grader's own walk."""
    fault, state = evidence.run.state("fault"), evidence.run.state("end")
    if not fault or not state:
        return regime_is_right(evidence) or not_reached(evidence, "end")
    found, mair = {}, fault["MAIR_EL1"]
    try:
        for leaf in leaves(state.memory, fault["TTBR0_EL1"] & ADDRESS, 1, 39):
            if leaf.end - leaf.start != PAGE:
                return (
                    f"VA 0x{leaf.start:x} is mapped by a block at level {leaf.level}, not by pages")
            found[leaf.start] = _page_of(leaf.bits, leaf.pa, mair)
    except WalkError as error:
        return str(error).replace("EL2's memory", "the guest's memory")
    wanted = _wanted_pages(evidence)
    for va in sorted({*wanted, *found}):
        if wanted.get(va) != found.get(va):
            to, right = _in_words(found.get(va)), _in_words(wanted.get(va))
            return f"VA 0x{va:x} maps to {to}, not to {right}"
    return ""


def wfi_is_masked(evidence: Evidence) -> str:
    """A tick that is taken between the test of the count and WFI is lost.

    The grader skips the WFI, as if it ended without an interrupt, so the one that follows is
    looked at too.
    """
    states = [state for state in evidence.run.states if state.name == "wfi"]
    if not states:
        return f"no WFI was executed: {evidence.run}"
    for state in states:
        if not state["cpsr"] & PSTATE_I:
            return f"WFI at 0x{state['pc']:x} with PSTATE.I = 0"
    return ""


def nothing_of_a_guest_is_left(evidence: Evidence) -> str:
    state, layout = evidence.run.state("over"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "over")
    regions = [region for vm in (COUNTER, MEMWALK) for region in layout.of_vm(vm)]
    return next(filter(None, (first_byte(state, region) for region in regions)), "")


def _tables_of(state: State, vm: Vm) -> list[int]:
    """The pages of a VM's stage 2."""
    return list(tables(state.memory, vm.vttbr & BADDR, 1, 64 - (state["VTCR_EL2"] & T0SZ)))


def vms_are_destroyed(evidence: Evidence) -> str:
    """No VM is left in the array vms, and no page of their stage 2 is in use."""
    end, over = evidence.run.state("end"), evidence.run.state("over")
    if not end or not over:
        return not_reached(evidence, "over" if end else "end")
    names = symbols(evidence.image.read_bytes())
    loaded = vms(end.memory, names)
    if not loaded:
        return "no VM was in use when all had stopped"
    for vm in loaded:
        if is_in_use(over.memory, names, vm.number):
            return f"vm{vm.number} is still in use in the array vms"
        for page in _tables_of(end, vm):
            index = (page - names["pool"]) // PAGE
            if over.memory.read(names["in_use"] + index, 1) != b"\0":
                return (
                    f"the page at 0x{page:x}, a table of vm{vm.number}'s stage 2, is still in use")
    return ""


def tables_are_counted(evidence: Evidence) -> str:
    """The [end] lines count the pages that the grader's own walk finds."""
    end = evidence.run.state("end")
    if not end:
        return not_reached(evidence, "end")
    printed = {int(vm): int(pages) for vm, pages in END.findall(evidence.run.text)}
    for vm in vms(end.memory, symbols(evidence.image.read_bytes())):
        pages = len(_tables_of(end, vm))
        if printed.get(vm.number) != pages:
            said = printed.get(vm.number, "no")
            return f"vm{vm.number}: {said} table pages freed; its stage 2 had {pages}"
    return "" if printed else f"no [end] line; {evidence.run}"
