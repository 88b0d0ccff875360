# SPDX-License-Identifier: MIT
"""make map: the drawn map and the listed one hold what the machine has mapped."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands.axis import BREAK, GUARD, MAPPED, amount, rows
from grader.commands.map import Map, map_of, svg, text
from grader.commands.stage import Stage
from grader.core.kit import KIT, copy_of_the_kit
from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.model.elf import symbols
from grader.model.layout import Layout, layout_of
from grader.model.page_tables import BADDR, Meaning, el2_leaves, s2_leaves
from grader.model.vms import vms
from grader.report.mappings import Stretch, Table
from grader.tests.support.browser import MEASURE, browse
from grader.tests.support.build import BUILD, OWN
from grader.tests.support.making import make

SVG = "{http://www.w3.org/2000/svg}"
DATA = Meaning("RW-", "normal", True, True)
PAGE, MIB = 4096, 1 << 20


def stage(lab: int, solved: int) -> Stage:
    built = build_stage(lab, solved, BUILD, [], Nursery())
    assert not built.error
    return Stage(built.image)


@pytest.fixture(scope="module", params=[2, 3, 5, 6])
def drawn(request: pytest.FixtureRequest) -> tuple[Stage, Map]:
    it = stage(request.param, request.param)
    return it, map_of(it)


@pytest.fixture(scope="module")
def half_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit in which tasks 1 to 4 of lab 2 are done."""
    kit = copy_of_the_kit(tmp_path_factory.mktemp("half"))
    (given,) = re.findall(r'\ttodo\("lab02\.5".*\n', (KIT / "lab02-mmu/el2_mmu.c").read_text())
    for solution in kit.glob("solutions/lab0[12]-*/*.[chS]"):
        start, name, rest = solution.read_text().partition("void el2_mmu_enable(void)\n{\n")
        text = f'#include "todo.h"\n{start}{name}{given}{rest}' if name else start
        (kit / solution.parent.name / solution.name).write_text(text)
    return kit


def table(owner: str, *stretches: tuple[int, int, int]) -> Table:
    """Of (start, end, PA)."""
    return Table(owner, owner, 0, [Stretch(s, e, pa, 3, DATA) for s, e, pa in stretches])


def test_the_map_is_what_the_walker_finds(drawn: tuple[Stage, Map]) -> None:
    it, the_map = drawn
    state = next(s for s in reversed(it.run(inspect=True).states) if s.name in the_map.title)
    pages = {(leaf.start, leaf.pa) for leaf in el2_leaves(state)}
    (el2, *of_vms) = the_map.tables
    for stretch in el2.stretches:
        assert (stretch.start, stretch.pa) in pages
    assert sum(s.end - s.start for s in el2.stretches) == sum(
        leaf.end - leaf.start for leaf in el2_leaves(state)
    )
    known = vms(state.memory, symbols(it.image.read_bytes()))
    assert [t.root for t in of_vms] == [vm.vttbr & BADDR for vm in known]
    for vm, found in zip(known, of_vms):
        size = sum(leaf.end - leaf.start for leaf in s2_leaves(state, vm.vttbr))
        assert sum(s.end - s.start for s in found.stretches) == size
    assert not the_map.stopped


def test_every_range_is_a_cell_and_a_line(drawn: tuple[Stage, Map]) -> None:
    _, the_map = drawn
    root = ElementTree.fromstring(svg(the_map))
    titles = [g.findtext(f"{SVG}title") for g in root.iter(f"{SVG}g")]
    lines = "\n".join(text(the_map))
    count = 0
    for found in the_map.tables:
        for stretch in found.stretches:
            where = f"0x{stretch.start:x}..0x{stretch.end - 1:x} to PA 0x{stretch.pa:x}: "
            assert where + stretch.meaning.permissions in "\n".join(titles)
            assert (
                f"0x{stretch.start:08x}..0x{stretch.end - 1:08x}  {stretch.meaning.permissions}"
                in lines
            )
            count += 1
    assert len(titles) == count


def test_guards_lie_where_the_layout_has_them(drawn: tuple[Stage, Map]) -> None:
    it, the_map = drawn
    layout = layout_of(it.image)
    guards = [(row.start, row.end) for row in the_map.rows if row.kind == GUARD]
    for vm in range(len(the_map.tables) - 2):
        guard = layout.guard(vm)
        assert (guard.start, guard.end) in guards
    names = symbols(it.image.read_bytes())
    assert (names["text_end"], names["rodata_start"]) in guards


def test_memory_of_a_vm_is_its_own_and_el2s(drawn: tuple[Stage, Map]) -> None:
    for row in drawn[1].rows:
        match = re.search(r"of (vm\d+)$", row.name)
        if match:
            assert row.owners == ["EL2", match[1]]
        assert not row.is_shared_by_vms


def test_no_two_cells_overlap(drawn: tuple[Stage, Map]) -> None:
    root = ElementTree.fromstring(svg(drawn[1]))
    places = []
    for group in root.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        places.append(tuple(int(box.get(key)) for key in ("x", "y", "width", "height")))
    for at, (x, y, w, h) in enumerate(places):
        for x2, y2, w2, h2 in places[at + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_a_browser_shows_all_text_and_none_over_another(
    drawn: tuple[Stage, Map], tmp_path: Path
) -> None:
    the_map = drawn[1]
    shown = browse(tmp_path, f"<html><body>{svg(the_map)}{MEASURE}</body></html>", "--dump-dom")
    assert 'data-out="0"' in shown and 'data-crossing="0"' in shown
    assert int(re.search(r'data-texts="(\d+)"', shown)[1]) > 3 * len(the_map.rows)


def test_the_picture_is_the_same_every_time(drawn: tuple[Stage, Map]) -> None:
    it, the_map = drawn
    assert svg(map_of(it)) == svg(the_map)


def test_gaps_are_guards_or_breaks() -> None:
    el2 = table("EL2", (0, PAGE, 0), (2 * PAGE, 3 * PAGE, 2 * PAGE), (MIB, 2 * MIB, MIB))
    found = rows([el2], [], Layout(1024, 4))
    assert [row.kind for row in found] == [MAPPED, GUARD, MAPPED, BREAK, MAPPED]
    assert found[3].name == "nothing mapped in 1012 KiB"


def test_two_vms_that_share_memory_stand_out_also_at_unequal_addresses() -> None:
    mine, other = table("vm0", (0, PAGE, 8 * PAGE)), table("vm1", (PAGE, 2 * PAGE, 8 * PAGE))
    found = rows([mine, other], [], Layout(1024, 4))
    assert [row.owners for row in found] == [["vm0", "vm1"]] * 2
    assert all(row.is_shared_by_vms for row in found)
    picture = svg(Map("made up", [mine, other], found))
    assert "PA 0x8000" in picture and 'fill="#b00020" font-weight="bold">vm0, vm1<' in picture
    assert "every PA equals its address" not in picture


def test_amounts_are_exact_or_large() -> None:
    assert [amount(n) for n in (PAGE, MIB, 2 * MIB - PAGE, 12 * MIB + PAGE, 300 * MIB + 1)] == [
        "4 KiB", "1 MiB", "2044 KiB", "12292 KiB", "300 MiB"
    ]  # fmt: skip


def test_stage_1_has_no_map() -> None:
    status, (line,) = make("map", "LAB=1", "SOLVED=1")
    assert status and "map: EL2 maps nothing before stage 2, so LAB=2 to LAB=6" in line


def test_an_open_task_is_named_and_what_is_there_is_drawn() -> None:
    status, lines = make("map", "LAB=3", "SOLVED=2", OWN)
    assert status == 0
    assert lines[0] == "Stage 3 at its end" and "EL2's text" in "\n".join(lines)
    assert lines[-1].startswith("map: the stage stopped at TODO(lab03.1): ")


def test_with_the_mmu_off_the_table_that_is_built_is_drawn(half_built: Path) -> None:
    status, lines = make("map", "LAB=2", tree=half_built)
    assert status == 0
    assert lines[2].startswith("EL2, stage 1 as built so far: its MMU is off, root 0x4")
    assert any(re.fullmatch(r"  0x\w+\.\.0x\w+  R-X  \d+ pages? of 4 KiB +normal +EL2's text", line)
               for line in lines)
    assert lines[-1].startswith("map: the stage stopped at TODO(lab02.5): ")


def test_without_a_table_there_is_nothing_to_draw() -> None:
    status, (line,) = make("map", "LAB=2", "SOLVED=1", OWN)
    assert status
    assert line.startswith("map: nothing is mapped: the stage stopped at TODO(lab02.1): ")


def test_a_stage_that_does_not_build_says_so() -> None:
    status, lines = make("map", "LAB=3", "SOLVED=3", "GUESTS=absent",
                         OWN)
    assert status and len(lines) == 1 and "there is no guest 'absent'" in lines[0]
