# SPDX-License-Identifier: MIT
"""Control registers that reset to UNKNOWN: a function must write all bits of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..qemu.call_script import Results, Script
from .contract import Case, Contract, Judge

JUNK = (0, (1 << 64) - 1)


@dataclass(frozen=True)
class WrittenWhole(Case):
    """`function` of the driver fills the registers, calls the set-up, and returns them."""

    function: str
    registers: Sequence[str]

    def write(self, script: Script) -> Judge:
        script.about = f"the set-up of {' and '.join(self.registers)}"
        calls = [script.call(self.function, junk) for junk in JUNK]

        def judge(results: Results) -> str:
            clear, full = ((result.x0, result.x1) for result in (results[call] for call in calls))
            for name, after_zeros, after_ones in zip(self.registers, clear, full):
                if after_zeros != after_ones:
                    return (
                        f"{name} is 0x{after_ones:x} after ones, and 0x{after_zeros:x} after zeros"
                    )
            return ""

        return judge


def written_whole(name: str, function: str, *registers: str) -> Contract:
    return Contract(name, lambda _: [WrittenWhole(function, registers)])
