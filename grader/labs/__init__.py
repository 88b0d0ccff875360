# SPDX-License-Identifier: MIT
"""The tables: labNN.py holds `CHECKS`, the checks of lab NN. A new file is a new lab."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ..check import Check


@lru_cache(maxsize=None)
def tables() -> dict[int, list[Check]]:
    """The checks of every lab that has a table."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("lab[0-9][0-9].py"))
    return {int(name[3:]): import_module(f".{name}", __name__).CHECKS for name in names}
