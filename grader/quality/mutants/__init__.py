# SPDX-License-Identifier: MIT
"""Mutants: mistakes that students make, each a small change of one solution file.

labNN.py holds the `MUTANTS` of lab NN as data; `make mutants` grades each of them.
A mutant must lose points, and the first failure must be `expect`: the check whose hint names the
mistake, or a task if any of its checks will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """Replace `old`, which occurs once in `file` (relative to solutions/), with `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One mistake. `unseen`: why it has no effect on QEMU; then no points may be lost."""

    name: str  # a phrase, unique in its lab: "ELR not advanced after a BRK"
    expect: str  # "lab01.6.once", or "lab01.6"
    edits: tuple[Edit, ...]
    unseen: str = ""
    lab: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lab", int(self.expect[3:5]))


def mutant(name: str, expect: str, file: str, old: str, new: str, unseen: str = "") -> Mutant:
    """A mutant with one edit, like most."""
    return Mutant(name, expect, (Edit(file, old, new),), unseen)


@lru_cache(maxsize=None)
def mutants() -> tuple[Mutant, ...]:
    """All mutants, lab by lab."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("lab[0-9][0-9].py"))
    return tuple(m for name in names for m in import_module(f".{name}", __name__).MUTANTS)
