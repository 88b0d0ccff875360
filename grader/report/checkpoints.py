# SPDX-License-Identifier: MIT
"""The registers of EL2 at the checkpoints of a boot, decoded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.sanitize import short
from ..labs.check import Outcome, Result
from ..model.register_fields import decoded
from ..model.snapshot import ARM_ARM, State

SWITCHES = ("entry", "exit")  # of guests: there are dozens, without a checkpoint()
MANY = 20  # checkpoints that are shown


@dataclass(frozen=True)
class Register:
    """A register, its value, the decoded value, and the checks that found it wrong."""

    name: str
    value: int
    words: str
    wrong: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """A pass of a checkpoint. After the first pass it holds only what has changed."""

    name: str
    number: int  # of the pass; 0 if there is only one
    registers: Sequence[Register]
    unchanged: int = 0

    @property
    def is_wrong(self) -> bool:
        return any(register.wrong for register in self.registers)


def checkpoints(
    states: Sequence[State], names: Mapping[str, int], results: Sequence[Result]
) -> list[Checkpoint]:
    """Return the passes of checkpoints. `names` are the symbols, `results` the lab's."""
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
            if (register := _register_of(name, value, names, results)).wrong
            or before.get(name) != value
        ]
        unchanged = len(state.registers) - len(registers)
        found.append(Checkpoint(short(state.name), number, registers, unchanged))
        before = state.registers
    return found


def _register_of(name: str, value: int, names: Mapping[str, int],
                 results: Sequence[Result]) -> Register:
    name = ARM_ARM.get(name, name)
    words = re.compile(rf"\b{name} is 0x{value:x}\b", re.IGNORECASE)  # gdb writes sp, not SP
    wrong = [r for r in results if r.outcome is Outcome.FAILED and words.search(r.seen)]
    return Register(name, value, decoded(name, value, names), tuple(wrong))
