# SPDX-License-Identifier: MIT
"""make bench: what exits of the hypervisor cost, in instructions, by component.

The student's tree is compared with the reference, which has a budget, where the kit has its
solutions. The picture is bench.svg, next to the image.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from ..core.kit import KIT, GraderError, has_solution
from ..core.process import Nursery
from ..model.elf import symbols
from .budget import COMPILER, OPTIMISED, budget, exceeded, holds_for
from .components import COMPONENTS
from .costs import Cost, Measured, build, measure
from .stage import aligned, command, render

REFERENCE = "reference"
SOLVED = 6  # labs of the reference


def trees(solved: int, directory: Path) -> tuple[list[Measured], str]:
    """Measure the student's tree and the reference, which is last; a note if the first failed."""
    wanted = {f"SOLVED={solved}" if solved else "yours": solved} if solved != SOLVED else {}
    if has_solution(SOLVED):
        wanted[REFERENCE] = SOLVED
    nursery, building = Nursery(), Lock()

    def tree(name: str, labs: int) -> Measured:
        with building:  # they share objects
            stage = build(labs, directory, nursery)
        return measure(name, stage, nursery)

    found, note = [], ""
    with ThreadPoolExecutor(len(wanted)) as pool:
        waiting = {name: pool.submit(tree, name, labs) for name, labs in wanted.items()}
        try:
            for name, result in waiting.items():
                try:
                    found.append(result.result())
                except GraderError as error:
                    if name == list(wanted)[-1]:
                        raise
                    note = f"{name}: {error}"
        finally:
            nursery.close()
    return found, note


# Text


def aim(cost: Cost) -> str:
    if cost.row.aim is None:
        return ""
    missed = f", missed by {cost.instructions + 1 - cost.row.aim}" if cost.misses_aim else ""
    return f"< {cost.row.aim}{missed}"


def costs(found: Sequence[Measured]) -> list[list[str]]:
    """A row for each exit, with a column for each tree; aims are for the reference."""
    *others, reference = found
    more = ["more"] if others else []
    rows = [["what an exit costs", *(tree.name for tree in found), *more, "aim", "bare minimum"]]
    for at, cost in enumerate(reference.costs):
        counts = [str(tree.costs[at].instructions) for tree in found]
        percent = [f"{tree.costs[at].above(cost):+.1f}%".replace("+0.0%", "") for tree in others]
        rows.append([cost.row.title, *counts, *percent, aim(cost), str(cost.row.bare)])
    return rows


def _used_by(found: Sequence[Measured]) -> list[str]:
    costs = [cost for tree in found for cost in tree.costs]
    return [name for name in COMPONENTS if any(name in cost.parts for cost in costs)]


def split(tree: Measured, reference: Measured) -> list[list[str]]:
    """A row for each component, a column for each exit, with the difference if there is one."""
    rows = [[f"{tree.name}, by component", *(cost.row.name for cost in tree.costs)]]
    for name in _used_by([tree, reference]):
        cells = []
        for mine, theirs in zip(tree.costs, reference.costs):
            count, other = mine.parts.get(name, 0), theirs.parts.get(name, 0)
            cells.append(f"{count or ''}{f' ({count - other:+})' if count != other else ''}")
        rows.append([name, *cells])
    return [*rows, ["total", *(str(cost.instructions) for cost in tree.costs)]]


def _by_function(tree: Measured) -> list[list[str]]:
    rows = [[f"{tree.name}, by function", ""]]
    for cost in tree.costs:
        rows.append([cost.row.title, str(cost.instructions)])
        functions = cost.functions.items()
        rows += [[f"  {function}, {name}", str(n)] for (name, function), n in functions]
    return rows


def boot_and_image(tree: Measured) -> str:
    """The costs apart from exits: the boot and the image."""
    names = symbols(tree.stage.image.read_bytes())
    code = names["text_end"] - names["text_start"]
    memory = names["image_end"] - names["image_start"]
    return (f"{tree.boot} instructions from reset to a guest, with slots of 256 KiB; "
            f"{code >> 10} KiB of text, {memory >> 10} KiB of RAM with tables and stack")


def text(found: Sequence[Measured], functions: bool) -> Iterator[str]:
    first, reference = found[0], found[-1]
    yield from aligned(costs(found))
    yield ""
    yield from aligned(split(first, reference))
    if functions:
        yield ""
        yield from aligned(_by_function(first))
    yield ""
    yield f"{first.name}, compiled by {first.compiler}: {boot_and_image(first)}"


# Picture


def draw(found: Sequence[Measured]) -> str:
    return render(
        "bench.svg.j2",
        found=found,
        rows=[(cost.row, [(tree.name, tree.costs[at]) for tree in found])
              for at, cost in enumerate(found[-1].costs)],
        most=max(max(cost.instructions, cost.row.bare, cost.row.aim or 0)
                 for tree in found for cost in tree.costs),
        components=_used_by(found),
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--solved", type=int, default=0)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--functions", action="store_true")
    options = parser.parse_args(arguments)
    found, note = trees(options.solved, KIT / options.build)
    reference = found[-1]
    picture = found[0].stage.write("bench.svg", draw(found))
    print(*text(found, options.functions), "", picture, sep="\n")
    if note:
        print(f"bench: {note}", file=sys.stderr)
    if reference.name != REFERENCE:
        return 0
    if not holds_for(reference.compiler):
        note = f"the budget is for {COMPILER}x{OPTIMISED}, so it is not checked"
        print(f"bench: {note}", file=sys.stderr)
        return 0
    late = exceeded(reference, budget())
    for line in late:
        print(f"bench: {line}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(command("bench", main))
