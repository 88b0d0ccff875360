# SPDX-License-Identifier: MIT
"""Log what a student's functions did in a script: stores, barriers and TLB maintenance.

As in instruction_log.py, QEMU logs the executed instructions, here with the registers
before them, so that a store has an address and a value, and a TLBI its operand. That is a
kilobyte per instruction, so it is for short scripts and the student's own functions. For
other functions only the entry is logged, with its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..core.kit import KIT
from ..model.elf import functions, symbols
from ..model.link_map import SOURCE
from .instruction_log import GIVEN_UP, code, name_of, one_insn_per_block, ranges

LOG_BYTES = 48 << 20
FEW_BETWEEN = 4  # bytes between two addresses of a range; they are logged too
ENTRY = re.compile(rf"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/|^(?:{GIVEN_UP})", re.MULTILINE)
REGISTER = re.compile(r"\b(X\d\d)=([0-9a-f]{16})")
HOLE = re.compile(r"^\t(\S+\.[cSh])\b", re.MULTILINE)
STACK, ZERO = 31, 31  # register 31 as a base, and as data
MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Effect:
    """An executed instruction, or an entered function ("page_free()").

    `value`: that of a store or MSR, the operand of a TLBI, or x0 at an entry. `address` and
    `size`: those of a store.
    """

    name: str
    value: int = 0
    address: int = 0
    size: int = 0


STORE = "store"


def _students_functions(image: Path) -> list[tuple[str, int, int]]:
    """Yield name, address and size of each student's function of lab 2 and later."""
    objects = image.parent.parent / "obj"
    parts = image.with_name("parts").read_text().split()
    names = {
        name
        for part in parts
        if (source := SOURCE.search(part)) and _is_students(source[1])
        for name, _, _ in functions((objects / part.partition("/obj/")[2]).read_bytes())
    }
    return [one for one in functions(image.read_bytes()) if one[0] in names]


def _is_students(source: str) -> bool:
    """True for a file with holes, for an open task, or a new file, of lab 2 or later."""
    source = source.removeprefix("solutions/")
    if not source.startswith("lab") or source.startswith("lab01"):  # its start code clears .bss
        return False
    if "/open/" in source or not (KIT / source).exists():
        return True
    return source in HOLE.findall((KIT / "common/make/holes.mk").read_text())


def places(image: Path, also: Iterable[str], entries: Iterable[str]) -> tuple[dict[int, int],
                                                                              dict[int, str]]:
    """Return what to log by address: the student's functions, those in `also`, and entries."""
    data = image.read_bytes()
    wanted = [*_students_functions(image), *(one for one in functions(data) if one[0] in set(also))]
    spans = [range(address, address + size) for _, address, size in wanted]
    inside = {at: word for at, word in code(data) if any(at in span for span in spans)}
    names = symbols(data)
    return (
        {at: word for at, word in inside.items() if _has_effect(word)},
        {names[name]: f"{name}()" for name in entries if name in names},
    )


def _has_effect(word: int) -> bool:
    """True for a store outside the stack, a barrier, a TLBI or an MSR."""
    store = stored(word)
    return store.base != STACK if store else bool(name_of(word)) and not name_of(word).startswith(
        ("dc ", "mrs "))


def qemu_options(qemu: str, found: tuple[Mapping[int, int], Mapping[int, str]]) -> list[str]:
    filters = ",".join(f"0x{at.start:x}+0x{len(at):x}" for at in ranges([*found[0], *found[1]],
                                                                        FEW_BETWEEN))
    return [*one_insn_per_block(qemu), "-d", "exec,cpu,nochain,int", "-dfilter", filters or "0+0x4"]


def effects(log: str, found: tuple[Mapping[int, int], Mapping[int, str]]) -> list[Effect]:
    """Yield the effects in the order of execution."""
    words, entries = found
    pieces = list(ENTRY.finditer(log))
    done: list[tuple[int, list[Effect]]] = []
    for match, following in zip(pieces, [*pieces[1:], None]):
        if not match[1]:
            if done:
                done.pop()  # it was not executed
            continue
        at = int(match[1], 16)
        text = log[match.end() : following.start() if following else len(log)]
        registers = {name: int(value, 16) for name, value in REGISTER.findall(text)}
        here = [Effect(entries[at], registers.get("X00", 0))] if at in entries else []
        done.append((at, [*here, *effect_of(words.get(at, 0), registers)]))
    return [effect for _, here in done for effect in here]


def effect_of(word: int, registers: Mapping[str, int]) -> Iterator[Effect]:
    def data(number: int) -> int:
        return 0 if number == ZERO else registers.get(f"X{number:02}", 0)

    store = stored(word)
    if store:
        address = data(store.base) + store.offset
        if store.index is not None:
            address += data(store.index) << store.shift
        for number, source in enumerate(store.data):
            value = data(source) & (1 << 8 * store.size) - 1
            yield Effect(STORE, value, (address + number * store.size) & MASK, store.size)
    elif name_of(word):
        yield Effect(name_of(word), data(word & 31))


@dataclass(frozen=True)
class Store:
    """A store instruction: its registers by number, and its addressing."""

    data: tuple[int, ...]
    base: int
    size: int
    offset: int = 0
    index: Optional[int] = None
    shift: int = 0


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def stored(word: int) -> Optional[Store]:
    """Decode a store of general registers (Arm ARM, "A64 instruction set encoding")."""
    size, base, data = 1 << (word >> 30), word >> 5 & 31, word & 31
    if word & 0x3FC0_0000 == 0x3900_0000:  # unsigned offset
        return Store((data,), base, size, (word >> 10 & 0xFFF) * size)
    if word & 0x3FE0_0000 == 0x3800_0000:  # unscaled, post-indexed, unprivileged, pre-indexed
        after = word >> 10 & 3 == 1
        return Store((data,), base, size, 0 if after else signed(word >> 12 & 0x1FF, 9))
    if word & 0x3FE0_0C00 == 0x3820_0800:  # register offset
        shift = size.bit_length() - 1 if word >> 12 & 1 else 0
        return Store((data,), base, size, 0, word >> 16 & 31, shift)
    if word & 0x3FFF_FC00 == 0x089F_FC00:  # STLR
        return Store((data,), base, size)
    if word & 0x7E40_0000 == 0x2800_0000:  # a pair; bits 24 and 23: how it is indexed
        size = 8 if word >> 31 else 4
        after = word >> 23 & 3 == 1
        return Store((data, word >> 10 & 31), base, size,
                     0 if after else signed(word >> 15 & 0x7F, 7) * size)
    return None
