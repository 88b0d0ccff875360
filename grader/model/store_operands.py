# SPDX-License-Identifier: MIT
"""Decode what a store writes, from its encoding and the registers before it.

Arm ARM, "A64 instruction set encoding", "Loads and Stores". Only stores are read here,
those of pairs, of vector registers and with release semantics among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

WORD = (1 << 64) - 1


@dataclass(frozen=True)
class Store:
    """A written address and its new value."""

    address: int
    value: int
    release: bool = False


def is_store(word: int) -> bool:
    return bool(stores(word, dict.fromkeys(range(32), 0)))


def stores(word: int, registers: Mapping[int, int]) -> list[Store]:
    """Return what `word` stores: two values for a pair. Register 31 in the mapping is SP."""
    base, first, second = registers[word >> 5 & 31], word & 31, word >> 10 & 31
    values = {**registers, 31: 0}
    group = word >> 24 & 0x3F
    if group == 0b001000 and word >> 21 & 7 == 0b100:  # STLR, STLLR
        return [Store(base, values[first], release=True)]
    if group & 0b111010 == 0b101000:  # STP, STNP
        if word >> 22 & 1:
            return []  # a load
        # post-indexed: the base changes after the access
        size, after = _pair_size(word), word >> 23 & 7 == 1
        at = base + (0 if after else signed(word >> 15, 7) * size)
        return [Store(at & WORD, values[first]), Store(at + size & WORD, values[second])]
    offset = _single_offset(word, values)
    return [] if offset is None else [Store(base + offset & WORD, values[first])]


def _pair_size(word: int) -> int:
    """Return the size of each register of a pair, in bytes."""
    vector, size = word >> 26 & 1, word >> 30
    return 4 << (size if vector else size >> 1)


def _single_offset(word: int, values: Mapping[int, int]) -> Optional[int]:
    """Return what a store of one register adds to its base."""
    group, vector, opc = word >> 24 & 0x3F, word >> 26 & 1, word >> 22 & 3
    if group & 0b111010 != 0b111000 or (opc & 1 if vector else opc):
        return None
    scale = (word >> 30) | (4 if vector and opc & 2 else 0)
    if word >> 24 & 1:
        return (word >> 10 & 0xFFF) << scale
    if not word >> 21 & 1:
        return 0 if word >> 10 & 3 == 1 else signed(word >> 12, 9)
    if word >> 10 & 3 != 2:
        return None  # an atomic
    index, option = word >> 16 & 31, word >> 13 & 7
    amount = values[index]
    if option in (2, 6):  # a 32-bit index
        amount = signed(amount, 32) if option == 6 else amount & 0xFFFF_FFFF
    return amount << (scale if word >> 12 & 1 else 0)


def signed(bits: int, width: int) -> int:
    bits &= (1 << width) - 1
    return bits - (1 << width) if bits >> width - 1 else bits
