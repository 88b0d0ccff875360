# SPDX-License-Identifier: MIT
"""The attributes that a regime gives to a leaf, for every value of `prot`.

No stage maps anything both writable and executable, but a regime's function returns attributes
for that too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ..qemu.call_script import Results, Script
from .contract import Case, Contract, Judge
from .table_steps import prot_name

PROTS = range(8)


@dataclass(frozen=True)
class EveryProt(Case):
    """`function` of the driver returns the attributes of each prot, which must be `wanted`."""

    function: str
    wanted: Sequence[int]

    def write(self, script: Script) -> Judge:
        calls = {}
        for prot in PROTS:
            script.about = f"the attributes of {prot_name(prot)}"
            calls[prot] = script.call(self.function, prot)

        def judge(results: Results) -> str:
            for prot, wanted in zip(PROTS, self.wanted):
                found = results[calls[prot]].x0
                if found != wanted:
                    return f"the attributes of {prot_name(prot)} are 0x{found:x}, not 0x{wanted:x}"
            return ""

        return judge


def every_prot(name: str, function: str, wanted: Sequence[int]) -> Contract:
    def draw(rng: random.Random) -> Sequence[Case]:
        return [EveryProt(function, tuple(wanted))]

    return Contract(name, draw)
