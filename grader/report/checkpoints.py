# SPDX-License-Identifier: MIT
"""The registers of EL2 at the checkpoints of a boot, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.sanitize import short
from ..labs.check import Outcome, Result
from ..model.register_fields import decoded
from ..model.snapshot import ARM_ARM, State

SWITCHES = ("entry", "exit")  # of guests: dozens, and no checkpoint()
MANY = 20  # checkpoints that are shown


@dataclass(frozen=True)
class Register:
    """A register with its value, in words too, and the checks that say it is wrong."""

    name: str
    value: int
    words: str
    wrong: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """One pass of a checkpoint. Behind the first, only what has changed since the one before."""

    name: str
    number: int  # which pass, if there are several
    registers: Sequence[Register]
    unchanged: int = 0

    @property
    def is_wrong(self) -> bool:
        return any(register.wrong for register in self.registers)


def checkpoints(
    states: Sequence[State], names: Mapping[str, int], results: Sequence[Result]
) -> list[Checkpoint]:
    """`names` are the symbols of the image; `results` those of the lab."""
    passes = [state for state in states if state.name not in SWITCHES][:MANY]
    often = Counter(state.name for state in passes)
    seen: Counter[str] = Counter()
    before: Mapping[str, int] = {}
    found = []
    for state in passes:
        seen[state.name] += 1
        number = seen[state.name] if often[state.name] > 1 else 0
        registers = [
            register
            for name, value in state.registers.items()
            if (register := told(name, value, names, results)).wrong or before.get(name) != value
        ]
        unchanged = len(state.registers) - len(registers)
        found.append(Checkpoint(short(state.name), number, registers, unchanged))
        before = state.registers
    return found


def told(name: str, value: int, names: Mapping[str, int], results: Sequence[Result]) -> Register:
    name = ARM_ARM.get(name, name)
    words = re.compile(rf"\b{name} is 0x{value:x}\b", re.IGNORECASE)  # for gdb it is sp, not SP
    wrong = [r for r in results if r.outcome is Outcome.FAILED and words.search(r.seen)]
    return Register(name, value, decoded(name, value, names), tuple(wrong))
