# SPDX-License-Identifier: MIT
"""Variants: solutions that are right and differ, as those of students do.

labNN.py holds the `VARIANTS` of lab NN as data; `make variants` grades each of
them, in its own lab and in lab 6, where all of the code runs: full marks, or the
grader accuses the innocent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ..mutants import Edit


@dataclass(frozen=True)
class Variant:
    """One way to do it otherwise: edits of solution files, and files of its own.

    `files`: path relative to the kit, and text. `also`: further labs to grade.
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
    """All of them, lab by lab."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("lab[0-9][0-9].py"))
    return tuple(v for name in names for v in import_module(f".{name}", __name__).VARIANTS)
