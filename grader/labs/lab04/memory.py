# SPDX-License-Identifier: MIT
"""Probes of access to a guest's memory: with stage 1 on and off, at every edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from ...model.leaf_fields import ACCESS_FLAG, AP_2, VALID_PAGE
from ...qemu.inferior_call import WORD, At, Prober, Registers, stray
from ...qemu.instruction_log import name_of
from .exit_handlers import BUFFER, loaded, signed

E_FAULT = -5
PAGE = 4096
UART = 0x0900_0000
SCTLR_OFF = 0x30D0_0980  # SCTLR_EL1 after a reset

# The guest's stage 1: 39 bits of VA, pages of 4 KiB. Arm ARM, "TCR_EL1".
TABLES = 0x20000  # offset in the slot: levels 1, 2, 3 for low addresses, then for high ones
TCR = 25 | 25 << 16 | 0b10 << 30 | 2 << 32
MAIR = 0xFF
SCTLR_M = 1
HIGH = WORD - PAGE + 1  # the last page of the address space
PAR = 0x8877_0000_4455_6000  # the guest's PAR_EL1


def stage1(prober: Prober, low: Mapping[int, int], high: Optional[int] = None) -> None:
    """Switch the guest's MMU on, with these descriptors for pages of low VAs and the last page."""
    at = prober.layout.slot(0).start + TABLES
    roots = (at, at + 3 * PAGE)
    for root, index in zip(roots, (0, 511)):
        prober.write(root, bytes(3 * PAGE))
        prober.write_words(root + 8 * index, root + PAGE | VALID_PAGE)
        prober.write_words(root + PAGE + 8 * index, root + 2 * PAGE | VALID_PAGE)
    for page, target in low.items():
        prober.write_words(roots[0] + 2 * PAGE + 8 * page, target | ACCESS_FLAG | VALID_PAGE)
    if high is not None:
        prober.write_words(roots[1] + 2 * PAGE + 8 * 511, high | ACCESS_FLAG | VALID_PAGE)
    prober.set_system(
        TTBR0_EL1=roots[0], TTBR1_EL1=roots[1], TCR_EL1=TCR, MAIR_EL1=MAIR,
        SCTLR_EL1=SCTLR_OFF | SCTLR_M
    )


def stage1_off(prober: Prober) -> None:
    prober.set_system(SCTLR_EL1=SCTLR_OFF)


def addresses_are_translated(prober: Prober) -> str:
    """guest_va_to_ipa() returns the IPA of stage 1 for a read, and preserves PAR_EL1."""
    # inlined in guest_copy_from() if nothing else calls it
    if "guest_va_to_ipa" not in prober.names:
        return ("" if "guest_copy_from" in prober.names
                else "the stage does not call guest_va_to_ipa()")
    here, result = prober.layout.slot(0).start, prober.in_stack(BUFFER)
    off: list[tuple[int, Optional[int]]] = [(here + 0x12345, here + 0x12345)]
    on: list[tuple[int, Optional[int]]] = [
        (3 * PAGE + 0x678, here + 0x5678),
        (4 * PAGE + 0x9A, here + 0x709A),  # read-only
        (5 * PAGE, None),
        (HIGH + 0xFFF, here + 0x6FFF),
    ]
    stage1_off(prober)
    for way, cases in (("off", off), ("on", on)):
        if way == "on":
            low = {3: here + 0x5000, 4: here + 0x7000 | AP_2}
            stage1(prober, low, high=here + 0x6000)
        for va, wanted in cases:
            returned, par = prober.call(
                "guest_va_to_ipa", va, result, system={"PAR_EL1": PAR}, then=["PAR_EL1"]
            )
            error = signed(returned, 32)
            (ipa,) = prober.words(result, 1)
            what = f"guest_va_to_ipa(0x{va:x}), with the guest's MMU {way}"
            if wanted is None and error != E_FAULT:
                return f"{what}, where nothing is mapped, returns {error}, not E_FAULT, {E_FAULT}"
            if wanted is not None and error:
                page = " and its page read-only" if va >> 12 == 4 else ""
                return f"{what}{page}, returns {error}: a read is allowed"
            if wanted is not None and ipa != wanted:
                return f"{what}: the IPA is 0x{ipa:x}, not 0x{wanted:x}"
            if par != PAR:
                return f"{what} leaves 0x{par:x} in PAR_EL1, not the guest's 0x{PAR:x}"
    stage1_off(prober)
    return ""


MOST = PAGE + 16  # bytes of a copy
EDGE = b"\x99" * 8


def content(ipa: int, size: int) -> bytes:
    """The bytes that the grader puts there."""
    return bytes((at * 7 + (at >> 8) * 13) & 0xFF for at in range(ipa, ipa + size))


@dataclass(frozen=True)
class Copy:
    """A copy and its parts, by address and size; without parts the result must be E_FAULT."""

    what: str
    va: int
    size: int
    parts: tuple[tuple[int, int], ...] = ()


def _within(what: str, va: int, size: int) -> Copy:
    """A good copy with the guest's MMU off."""
    return Copy(what, va, size, ((va, size),))


def _copy_fault(prober: Prober, copy: Copy, at: At = stray) -> str:
    """Return what is wrong with a copy; `at` as for Prober.call()."""
    to = prober.in_stack(BUFFER)
    prober.write(to - 8, EDGE + bytes(copy.size) + EDGE)
    for address, size in copy.parts:
        prober.write(address, content(address, size))
    vcpu = loaded(prober)
    (returned,) = prober.call("guest_copy_from", vcpu, to, copy.va, copy.size, at=at)
    error = signed(returned, 32)
    what = f"{copy.what}: guest_copy_from(vcpu, to, 0x{copy.va:x}, {copy.size})"
    if not copy.parts:
        return "" if error == E_FAULT else f"{what} returns {error}, not E_FAULT, {E_FAULT}"
    if error:
        return f"{what} returns {error}, not 0"
    wanted = b"".join(content(ipa, size) for ipa, size in copy.parts)
    seen = prober.read(to - 8, copy.size + 16)
    if seen[:8] + seen[-8:] != 2 * EDGE:
        return f"{what} writes beyond its {copy.size} bytes"
    wrong = [(n, a, b) for n, (a, b) in enumerate(zip(seen[8:], wanted)) if a != b]
    return "{}: byte {} is 0x{:02x}, not 0x{:02x}".format(what, *wrong[0]) if wrong else ""


def edges(prober: Prober) -> Iterator[Copy]:
    """With the guest's MMU off, an IPA equals its VA."""
    here, end = prober.layout.slot(0).start, prober.layout.slot(0).end
    box = prober.layout.mailbox(0)
    yield _within("a byte", here + 0x3333, 1)
    yield _within("a record that ends with a page", here + 0x3FD0, 48)
    yield _within("a record across the end of a page", here + 0x3FE1, 48)
    yield _within("more than a page, across three", here + 0x3FF8, MOST)
    yield _within("the last bytes of the slot", end - 48, 48)
    yield _within("the last bytes of the mailbox", box.end - 48, 48)
    yield Copy("a byte more than the slot has", end - 47, 48)
    yield Copy("a byte more than the mailbox has", box.end - 47, 48)
    yield Copy("a byte before the slot", here - 1, 48)
    yield Copy("a byte before the mailbox", box.start - 1, 48)
    yield Copy("the next VM's slot", prober.layout.slot(1).start, 48)
    yield Copy("from EL2's image into the mailbox", box.start - 16, 48)


def edges_are_exact(prober: Prober) -> str:
    stage1_off(prober)
    return next(filter(None, (_copy_fault(prober, copy) for copy in edges(prober))), "")


def _paged(prober: Prober) -> Iterator[Copy]:
    """With the guest's MMU on, and the pages of pages_are_followed()."""
    here = prober.layout.slot(0).start
    parts = ((here + 0x5FF0, 16), (here + 0x3000, 32))
    yield Copy("two pages of one buffer, far apart in memory", 3 * PAGE + 0xFF0, 48, parts)
    end = prober.layout.slot(0).end
    last = ((end - 16, 16), (here + 0xB000, 32))
    yield Copy("the last page of the slot, and then another one", 11 * PAGE + 0xFF0, 48, last)
    yield Copy("a page that is read-only for the guest", 5 * PAGE, 48, ((here + 0x7000, 48),))
    yield Copy("a page at the end of the address space", HIGH, 48, ((here + 0x8000, 48),))
    yield Copy("a second page that is not mapped", 5 * PAGE + 0xFF0, 48)
    yield Copy("a page that the guest has mapped to the guard", 7 * PAGE, 48)
    yield Copy("a page that the guest has mapped to the UART", 8 * PAGE, 48)
    yield Copy("a second page that the guest has mapped to EL2's image", 9 * PAGE + 0xFF0, 48)
    yield Copy("a buffer that wraps to address 0, where a page is mapped", WORD - 15, 48)


def pages_are_followed(prober: Prober) -> str:
    here, guard = prober.layout.slot(0).start, prober.layout.guard(0).start
    low = {
        0: here + 0x9000, 3: here + 0x5000, 4: here + 0x3000, 5: here + 0x7000 | AP_2,
        7: guard, 8: UART, 9: here + 0xA000, 10: prober.address("stack_bottom"),
        11: prober.layout.slot(0).end - PAGE, 12: here + 0xB000,
    }  # fmt: skip
    stage1(prober, low, high=here + 0x8000)
    fault = next(filter(None, (_copy_fault(prober, copy) for copy in _paged(prober))), "")
    stage1_off(prober)
    return fault


def stage2_is_asked(prober: Prober) -> str:
    """The PA comes from stage 2, and the memory must be the VM's own.

    The grader replaces the results of s2_walk(), because the six labs map nothing else.
    """
    here, guard = prober.layout.slot(0).start, prober.layout.guard(0).start
    moved = 0x11000
    asked: list[int] = []

    def walk(now: Registers) -> Optional[Registers]:
        if now.pc != prober.address("s2_walk"):
            return stray(now)
        asked.append(now.x[1])
        pa = here + moved + now.x[1] % PAGE
        prober.write_words(now.x[2], pa)
        return now.at(now.x[30], x0=0)

    stage1_off(prober)
    with prober.stops(prober.address("s2_walk")):
        there = Copy("an IPA that is not its PA", here + 0x3040, 48, ((here + moved + 0x40, 48),))
        fault = _copy_fault(prober, there, walk)
        if not asked:
            return "guest_copy_from() does not call s2_walk() for the PA"
        return fault or _copy_fault(prober,
                                    Copy("a mapped page that is not the VM's own", guard, 48), walk)


def caches_are_cleaned(prober: Prober) -> str:
    """DC CIVAC for every line of a buffer before EL2 reads the line."""
    here, to = prober.layout.slot(0).start, prober.in_stack(BUFFER)
    start, size = here + 0x3FB0, 200  # across the end of a page
    (ctr,) = prober.system("CTR_EL0")
    line = 4 << (ctr >> 16 & 15)
    places = [at for at, word in prober.code.items() if name_of(word) == "dc civac"]
    cleaned, late = set(), []

    def clean(now: Registers) -> Optional[Registers]:
        if now.pc not in places:
            return stray(now)
        at = [*now.x, 0][prober.code[now.pc] & 31] // line * line
        read = prober.read(to + max(at, start) - start, 1)
        if at not in cleaned and start - line < at < start + size and read != bytes(1):
            late.append(at)
        cleaned.add(at)
        return now.at(now.pc + 4)

    stage1_off(prober)
    with prober.stops(*places):
        if fault := _copy_fault(prober, _within("a buffer", start, size), clean):
            return fault
    missing = set(range(start // line * line, start + size, line)) - cleaned
    if missing:
        return f"the line at 0x{min(missing):x} is read without a DC CIVAC of it"
    return f"the line at 0x{late[0]:x} is read before its DC CIVAC" if late else ""
