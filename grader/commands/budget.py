# SPDX-License-Identifier: MIT
"""The budget: the least that the reference has ever cost. It may grow by at most 5%.

`python -m grader.commands.readme` lowers the budget to the measured costs and never raises it, so
many small increases are found too. To raise it, edit budget.json and give a reason. It holds for
one compiler.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..core.kit import GraderError
from .costs import Measured

FILE = Path(__file__).with_suffix(".json")
COMPILER, OPTIMISED = "GCC 12.", " -O2"
GROWTH = 5  # percent


def budget() -> dict[str, int]:
    """Instructions by a row's name."""
    try:
        return json.loads(FILE.read_text())
    except ValueError as error:
        raise GraderError(f"{FILE.name}: {error}") from None


def holds_for(compiler: str) -> bool:
    return compiler.startswith(COMPILER) and compiler.endswith(OPTIMISED)


def exceeded(reference: Measured, least: Mapping[str, int]) -> list[str]:
    """A line for each cost over its budget; a new cost has no budget yet."""
    return [
        f"{cost.row.title}: {cost.instructions} instructions, over {GROWTH}% more than"
        f" the {least[cost.row.name]} of {FILE.name}"
        for cost in reference.costs
        if 100 * cost.instructions > (100 + GROWTH) * least.get(cost.row.name, cost.instructions)
    ]


def lowered(reference: Measured, least: Mapping[str, int]) -> str:
    """The contents of the file for these costs of the reference."""
    costs = {cost.row.name: cost.instructions for cost in reference.costs}
    kept = {name: min(count, least.get(name, count)) for name, count in costs.items()}
    return json.dumps(kept, indent=2) + "\n"
