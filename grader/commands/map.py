# SPDX-License-Identifier: MIT
"""make map LAB=n: the mappings of EL2 and of each VM, as a picture and as text.

The stage is booted and stopped at its checkpoints. Its translation tables are walked at the
checkpoint with the most VMs. The picture is map.svg, next to the image.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.sanitize import short
from ..model.elf import symbols
from ..model.layout import layout_of
from ..report.mappings import LAST_LEVEL, Stretch, Table, most_complete, tables
from .axis import BREAK, GUARD, MAPPED, Row, regions, rows
from .stage import Stage, command, render, unfinished

# Sizes in the picture, in units that a browser shows as pixels.
LEFT, TOP, HEADER, FOOTER, MARGIN = 330, 34, 46, 74, 16
WIDE, NARROW = 128, 54  # of a column; narrow if there are many
FEW = 5  # the most wide columns
LETTER = 7  # the width of a letter


@dataclass(frozen=True)
class Map:
    """All mappings of a stage at one moment."""

    title: str
    tables: Sequence[Table]
    rows: Sequence[Row]
    stopped: str = ""  # why the stage did not reach its end
    is_of_labs: bool = True  # IPA and PA should be equal

    @property
    def is_identity(self) -> bool:
        return all(s.start == s.pa for table in self.tables for s in table.stretches)


def map_of(stage: Stage) -> Map:
    run = stage.run(inspect=True)
    names, layout = symbols(stage.image.read_bytes()), layout_of(stage.image)
    stopped = unfinished(run, stage.image)
    # At its end a stage has destroyed its VMs, or is in the middle of a task.
    at_checkpoints = [state for state in run.states if state.name != "last"]
    state = most_complete(at_checkpoints, names) or most_complete(run.states, names)
    if not state:
        raise GraderError(f"nothing is mapped: {stopped or 'EL2 has built no table'}")
    where = "at its end" if state.name == "last" else f'at checkpoint("{short(state.name)}")'
    found = tables(state, names)
    known = regions(names, layout)
    return Map(f"Stage {stage.lab} {where}", found, rows(found, known, layout), stopped)


# Text


def text(the_map: Map) -> Iterator[str]:
    yield the_map.title
    names = {row.start: row.name for row in the_map.rows}
    guards = {row.start: row for row in the_map.rows if row.kind == GUARD}
    for table in the_map.tables:
        yield ""
        yield f"{short(table.title)}, root 0x{table.root:x}"
        if table.error:
            yield f"  cannot be walked: {table.error}"
        for stretch in table.stretches:
            # Names are those of physical addresses, and of VAs of EL2, which are equal.
            known = table.owner == "EL2" or the_map.is_of_labs or stretch.pa == stretch.start
            name = names.get(stretch.start, "") if known else ""
            yield line(stretch, name, table, the_map.tables)
            guard = guards.get(stretch.end)
            if guard and table.owner == "EL2":
                yield f"  0x{guard.start:08x}..0x{guard.end - 1:08x}  ---  {guard.size}, a guard"
        if table.left_out:
            yield f"  and {table.left_out} more"


def line(stretch: Stretch, name: str, table: Table, others: Sequence[Table]) -> str:
    words = f"  0x{stretch.start:08x}..0x{stretch.end - 1:08x}  {stretch.meaning.permissions}"
    words += f"  {stretch.entries:<21} {stretch.memory:<7} {name:<19}"
    if stretch.pa != stretch.start:
        words += f" PA 0x{stretch.pa:08x}"
    shared = table.shared_with(stretch, others)
    return f"{words} also {', '.join(shared)}" if shared else words.rstrip()


# Picture


@dataclass(frozen=True)
class Cell:
    """A stretch in the column of its table."""

    x: int
    y: int
    width: int
    height: int
    kind: str  # its colour
    pages: bool
    lines: Sequence[str]
    title: str


def svg(the_map: Map) -> str:
    """The picture, by the template map.svg.j2."""
    wide = len(the_map.tables) <= FEW
    column = WIDE if wide else NARROW
    places, y = {}, TOP + HEADER
    for row in the_map.rows:
        places[row.start] = y
        y += row.height
    right = LEFT + column * len(the_map.tables) + 12
    shared = max((len(", ".join(row.owners)) for row in the_map.rows), default=0)
    cells = [
        _cell(stretch, LEFT + column * at, column - 4, places, y, wide)
        for at, table in enumerate(the_map.tables)
        for stretch in table.stretches
    ]
    return render(
        "map.svg.j2",
        map=the_map,
        cells=cells,
        heads=[(LEFT + column * at, _heading(t, wide)) for at, t in enumerate(the_map.tables)],
        rows=[(places[row.start], row) for row in the_map.rows],
        kinds=[kind for kind in KINDS if any(cell.kind == kind for cell in cells)],
        left=LEFT,
        right=right,
        column=column,
        bottom=y,
        width=max(right + LETTER * max(shared, 16) + MARGIN, 800),
        height=y + FOOTER,
        MAPPED=MAPPED,
        GUARD=GUARD,
        BREAK=BREAK,
    )


KINDS = ("R-X", "R--", "RW-", "RWX", "device", "other")


def _kind_of(stretch: Stretch) -> str:
    if stretch.memory == "device":
        return "device"
    permissions = stretch.meaning.permissions
    return permissions if stretch.memory == "normal" and permissions in KINDS else "other"


def _cell(
    stretch: Stretch, x: int, width: int, places: dict[int, int], bottom: int, wide: bool
) -> Cell:
    top = places[stretch.start]
    height = places.get(stretch.end, bottom) - top
    words = stretch.meaning.permissions
    if wide:
        words += f"  {stretch.entries.rpartition(' of ')[0]}"
    lines = [words]
    if stretch.pa != stretch.start:
        lines = [words, f"PA 0x{stretch.pa:x}"] if height > 28 else [f"PA 0x{stretch.pa:x}"]
    title = f"0x{stretch.start:x}..0x{stretch.end - 1:x} to PA 0x{stretch.pa:x}: "
    title += f"{stretch.meaning.permissions}, {stretch.entries}, {stretch.memory}"
    return Cell(x, top, width, height, _kind_of(stretch), stretch.level == LAST_LEVEL, lines, title)


def _heading(table: Table, wide: bool) -> list[str]:
    """The lines above a column."""
    owner, _, name = table.title.partition(",")[0].partition(" ")
    if table.owner == "EL2":
        return ["EL2", "stage 1"]
    if not table.owner.startswith("vm"):
        return ["VTTBR_EL2", "no VM's"]
    room = (WIDE if wide else NARROW) // LETTER
    return [owner, short(name) if len(name) < room else f"{short(name)[: room - 2]}…"]


def main(arguments: list[str]) -> int:
    stage = Stage(Path(arguments[0]))
    the_map = map_of(stage)
    picture = stage.write("map.svg", svg(the_map))
    print(*text(the_map), "", picture, sep="\n")
    if the_map.stopped:
        print(f"map: {the_map.stopped}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("map", main))
