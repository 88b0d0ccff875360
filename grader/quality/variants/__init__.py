# SPDX-License-Identifier: MIT
"""Variants: correct solutions that differ from the reference, as students' do.

labNN.py holds the `VARIANTS` of lab NN as data. `make variants` grades each of them in its own lab
and in lab 6, where all code runs. Without full marks the grader is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ..mutants import Edit


@dataclass(frozen=True)
class Variant:
    """Another correct solution: edits of solution files, and new files.

    `files`: path relative to the kit, and text. `also`: more labs to grade.
    """

    lab: int
    name: str  # a phrase, unique
    edits: tuple[Edit, ...]
    files: tuple[tuple[str, str], ...] = ()
    also: tuple[int, ...] = (6,)

    @property
    def labs(self) -> tuple[int, ...]:
        return tuple(sorted({self.lab, *self.also}))


@lru_cache(maxsize=None)
def variants() -> tuple[Variant, ...]:
    """All variants, lab by lab."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("lab[0-9][0-9].py"))
    return tuple(v for name in names for v in import_module(f".{name}", __name__).VARIANTS)
