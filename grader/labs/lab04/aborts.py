# SPDX-License-Identifier: MIT
"""Probes of data aborts: every access that a syndrome can describe, every kind of fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Optional

from ...model.syndrome import DABT_LOWER
from ...model.vcpu import VM
from ...qemu.inferior_call import WORD, At, Prober, Registers, stray
from .exit_handlers import (
    CHARACTERS, RESUME, STOP, Outcome, expected, handled, loaded, number, syndrome, unchanged,
)  # fmt: skip
from .memory import stage1, stage1_off

# ISS of a data abort: Arm ARM, "ISS encoding for an exception from a Data Abort".
ISV, SSE, SF, S1PTW, WNR = 1 << 24, 1 << 21, 1 << 15, 1 << 7, 1 << 6
TRANSLATION, ACCESS_FLAG, PERMISSION = 0x04, 0x08, 0x0C
UART, PAGE = 0x0900_0000, 4096
VA = 0x12_3456_7000  # of a page that the guest maps to the UART

APERTURES = 40  # in struct vm
ZERO_REGISTER = 31
LAST = 0xFF8  # of a page: the offset of its last 8 bytes
VALUE = 0xF1E2_D3C4_B5A6_9788  # the sign bit of each size is set
PLAIN = 0x7152_4344_3536_1708  # the sign bit of each size is clear


@dataclass(frozen=True)
class Access:
    """A load or store of one register."""

    store: bool
    size: int
    register: int
    signed: bool = False
    wide: bool = True
    offset: int = 0x30
    value: int = VALUE

    @property
    def iss(self) -> int:
        flags = ISV | (self.signed and SSE) | (self.wide and SF) | (self.store and WNR)
        return flags | (self.size.bit_length() - 1) << 22 | self.register << 16 | TRANSLATION | 3

    @property
    def loaded(self) -> int:
        """The value of the register after a load."""
        bits = 8 * self.size
        value = self.value & (1 << bits) - 1
        if self.signed and value >> bits - 1:
            value -= 1 << bits
        return value & (WORD if self.wide else 0xFFFF_FFFF)

    def __str__(self) -> str:
        register = f"{'x' if self.wide else 'w'}{self.register if self.register < 31 else 'zr'}"
        verb = "store" if self.store else "signed load" if self.signed else "load"
        return f"a {verb} of {self.size} bytes, register {register}"


def accesses() -> Iterator[Access]:
    for value in (VALUE, PLAIN):
        for size in (1, 2, 4, 8):
            yield Access(True, size, 5, value=value, wide=size == 8)
            yield Access(False, size, 5, value=value, wide=size == 8)
        for size, wide in ((1, False), (1, True), (2, False), (2, True), (4, True)):
            yield Access(False, size, 5, signed=True, wide=wide, value=value)
    for register in (0, 1, 18, 29, 30, ZERO_REGISTER):
        yield Access(True, 4, register, wide=False)
        yield Access(False, 4, register, wide=False)
    for offset in (0, 0x7FC, LAST):
        yield Access(True, 8, 7, offset=offset)
        yield Access(False, 8, 7, offset=offset)


def every_access_is_emulated(prober: Prober) -> str:
    """One call of read() or write() with its arguments; the register; the next instruction."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    (vm,) = prober.words(loaded(prober) + VM, 1)
    (aperture,) = prober.words(vm + APERTURES, 1)
    ipa, size, ops, device = prober.words(aperture, 4)
    read, write = prober.words(ops, 2)
    if ipa != UART:
        return f"the VM's aperture is at 0x{ipa:x}, not at 0x{UART:x}"
    usual = AccessTrial(prober, UART, device, read, write)
    fault = next(filter(None, map(usual.fault, accesses())), "")
    # More than a page, and not from the beginning of one.
    begin = UART + LAST
    prober.write_words(aperture, begin, 2 * PAGE)
    other = AccessTrial(prober, begin, device, read, write)
    tried = (replace(access, offset=PAGE) for access in accesses() if access.offset == LAST)
    fault = fault or next(filter(None, map(other.fault, tried)), "")
    prober.write_words(aperture, UART, size)
    return fault


@dataclass(frozen=True)
class AccessTrial:
    """Accesses to an aperture that begins at `begin`, with the functions that play its device."""

    prober: Prober
    begin: int
    device: int
    read: int
    write: int

    def fault(self, access: Access) -> str:
        calls: list[tuple[bool, tuple[int, ...]]] = []

        def at(now: Registers) -> Optional[Registers]:
            if now.pc not in (self.read, self.write):
                return stray(now)
            width = now.x[2] & 0xFFFF_FFFF
            more = (now.x[3],) if now.pc == self.write else ()
            calls.append((now.pc == self.write, (now.x[0], now.x[1], width, *more)))
            return now.at(now.x[30], x0=access.value)

        stored = access.store and access.register != ZERO_REGISTER
        registers = {access.register: access.value} if stored else {}
        ipa = self.begin + access.offset
        with self.prober.stops(self.read, self.write):
            outcome = abort(self.prober, access.iss, VA + ipa % PAGE, ipa - ipa % PAGE, registers,
                            at)
        if fault := _access_fault(access, self.device, calls, outcome):
            where = ("" if self.begin == UART
                     else f", in an aperture that begins at 0x{self.begin:x}")
            return f"{access}{where}: {fault}"
        return ""


def abort(
    prober: Prober, iss: int, far: int, page: int, x: Mapping[int, int] = {}, at: At = stray
) -> Outcome:
    """Call data_abort_handle() with this syndrome, FAR_EL2, and HPFAR_EL2 for a page."""
    esr = syndrome(DABT_LOWER, iss)
    return handled(prober, "data_abort_handle", esr, esr, x, at, FAR_EL2=far,
                   HPFAR_EL2=page >> 12 << 4)


def _access_fault(
    access: Access, device: int, calls: list[tuple[bool, tuple[int, ...]]], outcome: Outcome
) -> str:
    stored = access.value if access.register != ZERO_REGISTER else 0
    value = (stored & (1 << 8 * access.size) - 1,) if access.store else ()
    wanted = (access.store, (device, access.offset, access.size, *value))
    if calls != [wanted]:
        said = ", ".join(_called(*call) for call in calls) or "nothing"
        return f"it calls {said}, not {_called(*wanted)}"
    changed = unchanged(but=access.register)
    if access.register != ZERO_REGISTER:
        changed[access.register] = access.value if access.store else access.loaded
    else:
        changed = unchanged(but=-1)
    return expected(outcome, RESUME, None, 4, changed)


def _called(store: bool, arguments: tuple[int, ...]) -> str:
    words = ", ".join(["device", *map(number, arguments[1:])])
    return f"{'write' if store else 'read'}({words})"


@dataclass(frozen=True)
class Fault:
    """An abort that stops the VM, and the words of its line."""

    what: str
    iss: int
    far: int
    page: int  # in HPFAR_EL2
    line: str


STALE = 0x6666_0000  # left in HPFAR_EL2 by an earlier exit
OTHER = 0x4FFF_F000


def faults(prober: Prober) -> Iterator[Fault]:
    here = prober.layout.slot(0).start
    for level in range(4):
        yield Fault(
            f"a translation fault, level {level}", TRANSLATION | level | WNR, VA + 0x123, OTHER,
            f"write of IPA 0x{OTHER + 0x123:x}, VA 0x{VA + 0x123:x}: stage-2 translation fault",
        )  # fmt: skip
        yield Fault(
            f"a permission fault, level {level}", PERMISSION | level | WNR, here + 0x123, STALE,
            f"write of IPA 0x{here + 0x123:x}, VA 0x{here + 0x123:x}: stage-2 permission fault",
        )  # fmt: skip
    yield Fault(
        "an access flag fault", ACCESS_FLAG | 3, VA + 0x123, OTHER,
        f"read of IPA 0x{OTHER + 0x123:x}, VA 0x{VA + 0x123:x}: stage-2 access flag fault",
    )  # fmt: skip
    yield Fault(
        "a fault on the guest's own table walk", TRANSLATION | 3 | S1PTW, VA + 0x123, OTHER,
        f"read by a table walk of IPA 0x{OTHER:x}, VA 0x{VA + 0x123:x}: stage-2 translation fault",
    )  # fmt: skip
    yield Fault(
        "a permission fault on the guest's own table walk", PERMISSION | 3 | S1PTW, here + 0x123,
        OTHER,
        f"read by a table walk of IPA 0x{OTHER:x}, VA 0x{here + 0x123:x}: stage-2 permission fault",
    )  # fmt: skip
    yield Fault(
        "a table walk in the UART", TRANSLATION | 3 | S1PTW, VA + 0x123, UART,
        f"read of IPA 0x{UART:x}, a device, without a valid syndrome",
    )  # fmt: skip
    yield Fault(
        "a store in the UART without a valid syndrome", TRANSLATION | 3 | WNR, VA + 0x30, UART,
        f"write of IPA 0x{UART + 0x30:x}, a device, without a valid syndrome",
    )  # fmt: skip
    yield Fault(
        "a load of 8 bytes that ends after the UART", ISV | 3 << 22 | TRANSLATION | 3, VA + 0xFFC,
        UART,
        f"read of IPA 0x{UART + 0xFFC:x}, VA 0x{VA + 0xFFC:x}: stage-2 translation fault",
    )  # fmt: skip
    yield Fault(
        "a load after the UART", ISV | 2 << 22 | TRANSLATION | 3, VA, UART + PAGE,
        f"read of IPA 0x{UART + PAGE:x}, VA 0x{VA:x}: stage-2 translation fault",
    )  # fmt: skip


def every_fault_is_named(prober: Prober) -> str:
    """The VM stops at the instruction, and the line has the IPA from a register valid for it."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    stage1_off(prober)
    for fault in faults(prober):
        if words := _stop_fault(abort(prober, fault.iss, fault.far, fault.page), fault.line):
            return f"{fault.what}: {words}"
    stage1(prober, {})
    lost = abort(prober, PERMISSION | 3, PAGE + 8, STALE)
    stage1_off(prober)
    line = f"read of IPA 0x{WORD:x}, VA 0x{PAGE + 8:x}: stage-2 permission fault"
    words = _stop_fault(lost, line)
    return f"a permission fault at a VA that stage 1 no longer maps: {words}" if words else ""


def _stop_fault(outcome: Outcome, line: str) -> str:
    if fault := expected(outcome, STOP, None, 0, unchanged(but=-1)):
        return fault
    lines = [seen for seen in outcome.printed.splitlines() if "stopped: " in seen]
    wanted = f"[trap] vm0 stopped: {line} (PC "
    if any(seen.startswith(wanted) for seen in lines):
        return ""
    return f"prints {lines[0] if lines else 'nothing'}, not {wanted}...)"
