# SPDX-License-Identifier: MIT
"""make bench: every instruction is counted once, for the part it belongs to, and costs stay low."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands import bench, budget, readme
from grader.commands.components import (
    COMPONENTS, EL1, ENTRY, FILES, FP, GIC, KEYS, OTHER, SERVICE, STAGE_2, TIMERS, Place, component,
    parse, sources,
)  # fmt: skip
from grader.commands.costs import ROWS, Measured, choose, divided, stays
from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.core.process import Nursery
from grader.core.starters import starters
from grader.model.elf import symbols
from grader.qemu.instruction_log import code, executed
from grader.tests.support.browser import MEASURE, browse
from grader.tests.support.build import OWN
from grader.tests.support.making import make, path_without

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def reference() -> Measured:
    return readme.reference()


def grown(reference: Measured, name: str, percent: float) -> Measured:
    """As if one cost were larger."""
    costs = [
        replace(cost, instructions=round(cost.instructions * (1 + percent / 100)))
        if cost.row.name == name else cost
        for cost in reference.costs
    ]  # fmt: skip
    return replace(reference, costs=costs)


# --- the count --------------------------------------------------------------------


def test_components_add_up_to_what_was_executed(reference: Measured) -> None:
    assert [cost.row for cost in reference.costs] == list(ROWS)
    for cost in reference.costs:
        assert sum(cost.parts.values()) == cost.instructions, cost.row.title
        assert list(cost.parts) == [name for name in COMPONENTS if name in cost.parts]
        assert OTHER not in cost.parts, cost.functions


def test_no_cost_is_below_its_bare_minimum(reference: Measured) -> None:
    for cost in reference.costs:
        assert cost.instructions >= cost.row.bare


def test_the_page_explains_these_bare_minima() -> None:
    prose = (KIT / "docs/costs.md").read_text()
    an_exit, a_switch = re.search(r"bare minimum of an exit, (\d+), .*?of a switch, (\d+),", prose,
                                  re.S).groups()
    assert {row.name: row.bare for row in ROWS} == {
        row.name: int(a_switch if row.label == "bench_switch" else an_exit) for row in ROWS
    }


LOG = """\
Trace 0: 0x7f [0000000000000000/0000000040000000/00000061/ff020201] _start
Trace 0: 0x7f [0000000000000000/0000000040000004/00000061/ff020201] _start
cpu_io_recompile: rewound execution of TB to 0000000040000004
Trace 0: 0x7f [0000000000000000/0000000040000004/00000061/ff020201] _start
Trace 0: 0x7f [0000000000004004/0000000041000000/00000121/ff020201]
Trace 0: 0x7f [0000000000004004/0000000040000100/00000061/ff020201] vector
Trace 0: 0x7f [0000000000004004/0000000041000004/00000121/ff020201]
Stopped execution of TB chain before 0x7f [0000000041000004]
"""


def test_an_instruction_that_qemu_gives_up_is_counted_once() -> None:
    assert executed(LOG)[:3] == [0x40000000, 0x40000004, 0x41000000]
    assert executed(LOG)[-1] == 0x40000100


def test_what_comes_before_the_guests_is_the_boot() -> None:
    before, rest = divided(LOG, 0x41000000)
    assert before + rest == LOG and rest.startswith("Trace") and len(executed(before)) == 2
    assert divided("nothing\n", 0x41000000) == ("", "nothing\n")


def test_a_stay_in_el2_lies_between_two_instructions_of_a_guest() -> None:
    el2, guest = [0x40000100, 0x40000104], 0x41000000
    pcs = [el2[0], guest, guest + 4, *el2, guest + 8, el2[1], guest]
    found = stays(pcs, guest)
    assert found == [(guest + 4, el2, guest + 8), (guest + 8, el2[1:], guest)]
    labels = {row.label: 0 for row in ROWS if row.label}
    assert choose(ROWS[0], found, {**labels, ROWS[0].label: guest + 8}) == found[1]
    assert choose(ROWS[0], found, labels) is None


# --- whose it is ------------------------------------------------------------------

SYSTEM_REGISTERS = {  # op0, op1, CRn, CRm as a pattern: who may name it
    r"3 0 2 [123]": {KEYS},
    r"3 4 12 (8|9|1[0-3])": {GIC},
    r"3 [34] 14 .*": {TIMERS},
    r"3 4 2 1": {STAGE_2},
    r"3 0 (1 0|2 0|5 .*|10 .*|13 .*)|3 5 .*": {EL1},
    r"3 3 4 4": {FP},  # FPCR, FPSR
}


def test_a_part_of_the_switch_is_known_by_what_it_touches(reference: Measured) -> None:
    """An independent look: by the encoding of the instruction, not by its source."""
    image = reference.stage.image
    words = dict(code(image.read_bytes()))
    start = symbols(image.read_bytes())["context_switch"]
    after = min(at for at in symbols(image.read_bytes()).values() if at > start)
    pcs = list(range(start, after, 4))
    owners = {pc: component(them)[0] for pc, them in sources(image, pcs, False, Nursery()).items()}
    seen = set()
    for pc in pcs:
        word = words[pc]
        if word >> 23 == 0x0C << 1 or word >> 23 == 0x4C << 1 or word >> 24 == 0x4C:  # ld1, st1
            assert owners[pc] == FP
            seen.add("ld1 or st1")
        if word >> 22 != 0x354 or word >> 19 & 3 != 3:
            continue
        name = f"3 {word >> 16 & 7} {word >> 12 & 15} {word >> 8 & 15}"
        for pattern, whose in SYSTEM_REGISTERS.items():
            if re.fullmatch(pattern, name):
                assert owners[pc] in whose, f"{name} at 0x{pc:x}"
                seen.add(pattern)
    assert seen == {*SYSTEM_REGISTERS, "ld1 or st1"}


def test_every_file_of_a_component_is_there() -> None:
    there = {path.name for path in [*KIT.glob("lab0*/*.[chS]"),
                                    *KIT.glob("solutions/lab0*/*.[chS]")]}
    assert set(FILES) <= there


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        ([("read", "sysreg.h"), ("el1_save", "context.c"), ("context_switch", "context.c")],
         (EL1, "el1_save")),
        ([("gic_set_active", "gic.h"), ("vgic_save", "context.c")], (GIC, "gic_set_active")),
        ([("keys_mine", "context.c")], (KEYS, "keys_mine")),
        ([("helper", "context.c")], (STAGE_2, "helper")),
        ([("trap_skip_instruction", "traps.h"), ("emulate", "abort.c")], (SERVICE, "emulate")),
        ([("memcpy", "string.c")], (OTHER, "memcpy")),
        ([], (OTHER, "?")),
    ],
)  # fmt: skip
def test_the_innermost_function_that_says_something_decides(
    places: list[tuple[str, str]], wanted: tuple[str, str]
) -> None:
    assert component(Place(*place) for place in places) == wanted


def test_both_forms_of_addr2line_are_read() -> None:
    gnu = (
        "0x0000000040005890\nel1_save\n/a/context.c:50 (discriminator 2)\nsave\n/a/context.c:225\n")
    llvm = "0x40005894\n$x\n/a/world_switch.S:61\n0x40005898\n??\n??:0\n"
    found = parse(gnu + llvm)
    assert found[0x40005890] == [Place("el1_save", "context.c"), Place("save", "context.c")]
    assert found[0x40005894] == [Place("world_switch.S", "world_switch.S")]
    assert component(found[0x40005894])[0] == ENTRY
    assert component(found[0x40005898])[0] == OTHER


@pytest.mark.long
def test_what_clang_compiles_is_split_too() -> None:
    if not shutil.which("clang") or not shutil.which("llvm-addr2line"):
        pytest.skip("clang or llvm-addr2line is missing")
    status, lines = make("bench", "SOLVED=6", "LLVM=1", "BUILD=build/test/bench-clang")
    assert status == 0
    assert not [line for line in lines if line.startswith(OTHER)]
    assert lines[-1] == "bench: the budget is for GCC 12.x -O2, so it is not checked"


# --- the budget -------------------------------------------------------------------


def for_this_compiler(reference: Measured) -> Measured:
    if not budget.holds_for(reference.compiler):
        pytest.skip(f"the budget is GCC 12's at -O2, this is {reference.compiler}")
    return reference


def test_the_reference_keeps_to_its_budget(reference: Measured) -> None:
    assert budget.exceeded(for_this_compiler(reference), budget.budget()) == []


def test_the_budget_is_what_it_has_cost_at_the_least(reference: Measured) -> None:
    wanted = budget.lowered(for_this_compiler(reference), budget.budget())
    assert budget.FILE.read_text() == wanted, "python3 -m grader.commands.readme lowers it"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_cost_that_grows_by_over_5_percent_is_found(reference: Measured, row) -> None:
    least = {cost.row.name: cost.instructions for cost in reference.costs}
    assert budget.exceeded(grown(reference, row.name, 4), least) == []
    (line,) = budget.exceeded(grown(reference, row.name, 6), least)
    assert line.startswith(row.title) and f"the {least[row.name]} of budget.json" in line


def test_a_missed_aim_says_by_how_much(reference: Measured) -> None:
    cost = reference.costs[0]
    assert cost.row.aim
    for more, words in ((-1, ""), (0, ", missed by 1"), (6, ", missed by 7")):
        found = replace(cost, instructions=cost.row.aim + more)
        assert bench.aim(found) == f"< {cost.row.aim}{words}"


def test_the_budget_is_lowered_and_never_raised(reference: Measured) -> None:
    least = {cost.row.name: cost.instructions for cost in reference.costs}
    assert json.loads(budget.lowered(grown(reference, "HVC", 4), least)) == least
    assert json.loads(budget.lowered(grown(reference, "HVC", -4), least))["HVC"] < least["HVC"]
    del least["HVC"]
    assert budget.exceeded(reference, least) == []
    assert "HVC" in json.loads(budget.lowered(reference, least))


@pytest.mark.parametrize(("percent", "compiler", "status"), [
    (0, "GCC 12.2.0 -O2", 0), (10, "GCC 12.2.0 -O2", 1), (10, "GCC 13.1.0 -O2", 0),
    (10, "GCC 12.2.0 -O1", 0),
])  # fmt: skip
def test_the_status_tells_of_the_budget(
    reference: Measured, monkeypatch, tmp_path: Path, capsys, percent, compiler, status
) -> None:
    image = tmp_path / "hyp.elf"
    shutil.copy(reference.stage.image, image)
    it = replace(grown(reference, "switch", percent), stage=replace(reference.stage, image=image),
                 compiler=compiler)  # fmt: skip
    least = {cost.row.name: cost.instructions for cost in reference.costs}
    monkeypatch.setattr(bench, "trees", lambda *_: ([it], ""))
    monkeypatch.setattr(bench, "budget", lambda: least)
    assert bench.main(["--solved", "6"]) == status
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == str(image.with_name("bench.svg"))
    assert ("of it the switch" in err) == bool(status)
    assert ("the budget is for GCC 12.x -O2" in err) == (not budget.holds_for(compiler))


# --- in parallel ------------------------------------------------------------------


def test_starters_are_named_and_the_reference_stands_alone() -> None:
    status, lines = make("bench", OWN)
    assert status == 0
    assert lines[0].split()[-4:] == ["reference", "aim", "bare", "minimum"]
    (note,) = [line for line in lines if line.startswith("bench: yours")]
    assert note.startswith("bench: yours: the stage stopped at TODO(lab01.1): ")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit whose student has done all labs; the hypercall is a little slower."""
    kit = copy_of_the_kit(tmp_path_factory.mktemp("bench"))
    for path in starters():
        shutil.copy(kit / "solutions" / path, kit / path)
    path = kit / "lab04-traps/hypercall.c"
    text = path.read_text()
    slower = text.replace("vcpu->x[0] = result;",
                          '__asm__ volatile("nop; nop");\n\tvcpu->x[0] = result;')
    assert slower != text
    path.write_text(slower)
    return kit


def bench_in(kit: Path) -> tuple[int, list[str]]:
    return make("--no-print-directory", "-C", str(kit), "bench")


def test_a_finished_tree_stands_beside_the_reference(finished: Path, reference: Measured) -> None:
    status, lines = bench_in(finished)
    assert status == 0 and not [line for line in lines if line.startswith("bench: yours")]
    head, hvc = lines[0], next(line for line in lines if line.startswith("HVC"))
    assert head.split()[4:7] == ["yours", "reference", "more"]
    yours, theirs, more = hvc.split()[4:7]
    assert int(theirs) == reference.costs[0].instructions < int(yours)
    assert more == f"{100 * (int(yours) / int(theirs) - 1):+.1f}%"
    service = next(line for line in lines if line.startswith("service"))
    assert f"(+{int(yours) - int(theirs)})" in service
    picture = (finished / "build/lab06-bench/bench.svg").read_text()
    check_bars(picture, 2 * len(ROWS))
    assert picture.count(">yours<") == picture.count(">reference<") == len(ROWS)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("vcpu->x[0] = result;", "vcpu->x[0] = reslut;",
     "it does not build: lab04-traps/hypercall.c:"),
    ("return TRAP_RESUME;", "for (;;)\n\t\t;\n\treturn TRAP_RESUME;",
     "the stage did not reach its end: the machine took too much processor time"),
    ("vcpu->x[0] = result;", 'return trap_stop(vcpu, "enough");',
     "'SMC round trip (PSCI_VERSION)' did not happen: [trap] vm0 stopped: enough"),
])  # fmt: skip
def test_a_tree_that_is_not_right_is_named_and_not_measured(
    finished: Path, old: str, new: str, words: str
) -> None:
    path = finished / "lab04-traps/hypercall.c"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    try:
        status, lines = bench_in(finished)
    finally:
        path.write_text(text)
    assert status == 0 and "yours" not in lines[0]
    (note,) = [line for line in lines if line.startswith("bench: yours")]
    assert note.startswith(f"bench: yours: {words}")


# --- drawn ------------------------------------------------------------------------


def check_bars(picture: str, wanted: int) -> None:
    """Each bar's parts touch, and are as wide as they are many, all in one scale."""
    root = ElementTree.fromstring(picture)
    bars = [g for g in root.iter(f"{SVG}g") if g.get("class") == "bar"]
    totals = [int(text.text) for text in root.iter(f"{SVG}text") if text.get("class") == "total"]
    assert len(bars) == len(totals) == wanted
    scales = []
    for bar, total in zip(bars, totals):
        boxes = bar.findall(f"{SVG}rect")
        counts = [int(box.findtext(f"{SVG}title").partition(": ")[2]) for box in boxes]
        assert sum(counts) == total
        widths = [float(box.get("width")) for box in boxes]
        for box, width, after in zip(boxes, widths, boxes[1:]):
            assert float(box.get("x")) + width == pytest.approx(float(after.get("x")), abs=0.2)
        scales += [width / count for width, count in zip(widths, counts)]
    assert max(scales) - min(scales) < 0.06


@pytest.fixture(params=[1, 2])
def drawn(request: pytest.FixtureRequest, reference: Measured) -> str:
    return bench.draw([replace(reference, name="yours"), reference][-request.param :])


def test_a_bar_is_what_its_exit_costs(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)
    titles = [text.text for text in root.iter(f"{SVG}text")]
    assert set(titles) >= {row.title for row in ROWS}
    check_bars(drawn, len(ROWS) * (2 if "yours" in titles else 1))


def test_a_browser_shows_all_text_and_none_over_another(drawn: str, tmp_path: Path) -> None:
    shown = browse(tmp_path, f"<html><body>{drawn}{MEASURE}</body></html>", "--dump-dom")
    assert 'data-out="0"' in shown and 'data-crossing="0"' in shown
    assert int(re.search(r'data-texts="(\d+)"', shown)[1]) > 4 * len(ROWS)


# --- wrong use --------------------------------------------------------------------


def test_a_missing_tool_is_one_line(tmp_path: Path) -> None:
    status, (line,) = make("bench", "SOLVED=6", QEMU="no-such-qemu")
    assert status and line.startswith("QEMU is missing") and line.endswith("run ./setup.sh")
    status, (line,) = make("bench", "SOLVED=6", CROSS="no-such-")
    assert status and "no-such-gcc" in line and line.endswith("run ./setup.sh")
    status, (line,) = make("bench", "SOLVED=6", OWN, PATH=path_without(tmp_path, "addr2line"))
    assert status and line.startswith("bench: ") and "addr2line is missing" in line


def test_without_jinja2_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "jinja2.py").write_text("raise ImportError")
    status, lines = make("bench", "SOLVED=6", OWN, PYTHONPATH=str(tmp_path))
    assert status and lines == ["bench: jinja2 is missing: run ./setup.sh"]


def test_a_budget_that_cannot_be_read_is_one_line(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(budget, "FILE", tmp_path / "budget.json")
    budget.FILE.write_text("{")
    with pytest.raises(GraderError, match=r"^budget.json: "):
        budget.budget()
