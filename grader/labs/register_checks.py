# SPDX-License-Identifier: MIT
"""System registers at a checkpoint, field by field, with a sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional, Union

from ..model.snapshot import State
from .check import Evidence


@dataclass(frozen=True)
class Bits:
    """Bits of a register that must be set, and bits that must not be set."""

    must: Mapping[str, int]
    must_not: Mapping[str, int]


Wanted = Union[int, Bits]


def bit(n: int) -> int:
    return 1 << n


def field(value: int, high: int, low: int) -> int:
    return value >> low & (1 << high - low + 1) - 1


def wrong_register(state: State, name: str, wanted: Wanted) -> str:
    """Return what is wrong with a register, or nothing."""
    value = state[name]
    if isinstance(wanted, int):
        return "" if value == wanted else f"{name} is 0x{value:x}, not 0x{wanted:x}"
    for what, mask in wanted.must.items():
        if value & mask != mask:
            return f"{name} is 0x{value:x}: {what} is not set"
    for what, mask in wanted.must_not.items():
        if value & mask:
            return f"{name} is 0x{value:x}: {what} is set"
    return ""


def first_wrong_register(state: State, table: Mapping[str, Wanted]) -> str:
    seen = (wrong_register(state, name, wanted) for name, wanted in table.items())
    return next((f"at {state.name}: {words}" for words in seen if words), "")


def at(evidence: Evidence, checkpoint: str) -> Optional[State]:
    return evidence.run.state(checkpoint)


def not_reached(evidence: Evidence, checkpoint: str) -> str:
    return f"the checkpoint {checkpoint} was not reached: {evidence.run}"
