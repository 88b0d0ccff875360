# SPDX-License-Identifier: MIT
"""The table of mutants, and the verdicts on them. `make mutants` grades all of them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.grading.evaluate import NOT_BUILT
from grader.grading.run import Workshop
from grader.labs import tables
from grader.labs.check import Check, Outcome, Result
from grader.quality.mutants import Edit, Mutant, mutant, mutants
from grader.quality.mutants.__main__ import main, show
from grader.quality.mutants.first_failure import up_to_first_failure
from grader.quality.mutants.verdict import Kind, Verdict, all_right, is_of, judge
from grader.quality.mutants.workplace import Gradings, Workplace, edited
from grader.tests.support.processes import wait_until_gone

LABS = sorted(tables())


PASSED, FAILED, NOT_REACHED = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_REACHED


def check(name: str, outcome: Outcome = PASSED, seen: str = "") -> Result:
    return Result(Check(f"lab01.{name}", 10, "A title.", "A hint."), outcome, seen)


def verdict(*results: Result, expect: str = "lab01.2.sp", unseen: str = "") -> Verdict:
    return judge(mutant("a mistake", expect, "file", "old", "new", unseen), results, {})


def test_the_first_failure_is_the_expected_one() -> None:
    first = check("1.el2"), check("2.sp", FAILED, "SP is 0"), check("3.wiped", FAILED)
    assert verdict(*first).kind is Kind.NAMED
    assert verdict(*first, expect="lab01.2").kind is Kind.NAMED


def test_another_failure_comes_first() -> None:
    found = verdict(check("1.el2", FAILED, "it printed nothing"), check("2.sp", FAILED))
    assert found.kind is Kind.MISNAMED
    assert found.reason == "expected lab01.2.sp to fail first, not lab01.1.el2: it printed nothing"


def test_what_was_not_reached_is_no_failure() -> None:
    found = verdict(check("1.el2", NOT_REACHED), check("2.sp", FAILED, "SP is 0"))
    assert found.kind is Kind.NAMED
    assert verdict(check("1.el2", NOT_REACHED)).reason.endswith("nothing failed")


def test_nothing_is_lost() -> None:
    assert verdict(check("2.sp")) == Verdict(verdict(check("2.sp")).mutant, Kind.SURVIVED,
                                             "lab01.2.sp passes")


def test_a_mutant_is_explained_by_the_row_that_lists_it() -> None:
    failed = check("2.state", FAILED, "refused: SP is not stack_top")
    of_row = mutant("SP never set", "lab01.2", "file", "old", "new")
    assert judge(of_row, [failed], {}).explained_as == ""
    of_another = mutant("bss not wiped", "lab01.2", "file", "old", "new")
    assert judge(of_another, [failed], {}).explained_as.startswith("SP not set")
    of_none = mutant("a mistake", "lab01.2", "file", "old", "new")
    assert "stands in no row" in judge(of_none, [failed], {}).explained_as


def test_an_unseen_mutant_says_why() -> None:
    found = verdict(check("2.sp"), unseen="QEMU has no caches")
    assert (found.kind, found.reason) == (Kind.UNSEEN, "QEMU has no caches")


def test_an_unseen_mutant_that_is_seen_is_out_of_date() -> None:
    found = verdict(check("2.sp", FAILED, "SP is 0"), unseen="QEMU has no caches")
    assert found.kind is Kind.ERROR
    assert "out of date: lab01.2.sp: SP is 0" in found.reason


def test_a_mutant_that_does_not_build_is_an_error() -> None:
    found = verdict(check("1.el2", FAILED, "x.c:1: error: y"),
                    check("2.sp", NOT_REACHED, NOT_BUILT))
    assert (found.kind, found.reason) == (Kind.ERROR, "it does not build: x.c:1: error: y")


@pytest.mark.parametrize(
    ("check_id", "expected", "answer"),
    [
        ("lab01.6.once", "lab01.6.once", True),
        ("lab01.6.once", "lab01.6", True),
        ("lab01.6.once_more", "lab01.6.once", False),
        ("lab01.6.once", "lab01.5", False),
    ],
)
def test_an_expectation_is_a_check_or_its_task(check_id: str, expected: str, answer: bool) -> None:
    assert is_of(check_id, expected) is answer


@pytest.mark.parametrize(
    ("kinds", "answer"),
    [
        ([Kind.NAMED, Kind.UNSEEN], True),
        ([Kind.NAMED] * 19 + [Kind.MISNAMED], True),
        ([Kind.NAMED] * 18 + [Kind.MISNAMED], False),
        ([Kind.NAMED, Kind.SURVIVED], False),
        ([Kind.NAMED, Kind.ERROR], False),
        ([Kind.UNSEEN], True),
    ],
)
def test_the_table_is_right_if_all_are_killed_and_nearly_all_named(
    kinds: list[Kind], answer: bool
) -> None:
    m = mutant("a mistake", "lab01.2", "file", "old", "new")
    assert all_right(Verdict(m, kind) for kind in kinds) is answer


@pytest.mark.parametrize(("others", "answer"), [(1, True), (2, False)])
def test_the_table_is_right_if_nearly_all_are_explained(others: int, answer: bool) -> None:
    m = mutant("a mistake", "lab01.2", "file", "old", "new")
    verdicts = [Verdict(m, Kind.NAMED, explained_as="other" if n < others else "")
                for n in range(40)]
    assert all_right(verdicts) is answer


def test_the_kill_table_has_a_line_for_each_that_is_not_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = mutant("a mistake", "lab01.2", "file", "old", "new")
    two = mutant("another", "lab02.1", "file", "old", "new")
    show([Verdict(one, Kind.NAMED), Verdict(two, Kind.SURVIVED, "it passes"),
          Verdict(two, Kind.NAMED, explained_as="Something else.")], Console(width=110))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["1", "1", "1"], ["2", "2", "1"], ["all", "3", "2"],
    ]
    assert [line.split()[-1] for line in lines[1:4]] == ["1", "0", "1"]
    assert lines[4:] == [
        "survived: lab 2, another: it passes",
        "explained otherwise: lab 2, another: by the first paragraph: Something else.",
    ]


@pytest.mark.parametrize(("text", "count"), [("a c", 0), ("b b", 2)])
def test_an_edit_whose_place_is_not_clear_is_refused(text: str, count: int) -> None:
    with pytest.raises(GraderError, match=f"solutions/x.c has this {count} times, not once: b"):
        edited(text, Edit("x.c", "b", "d"))


def test_a_mutated_file_is_mended_whatever_happens(tmp_path: Path) -> None:
    path = tmp_path / "solutions/x.c"
    path.parent.mkdir()
    path.write_text("a b")
    edits = Edit("x.c", "a", "c"), Edit("x.c", "b", "d")
    with pytest.raises(KeyboardInterrupt):
        with Workplace(tmp_path, Gradings()).changed(edits):
            assert path.read_text() == "c d"
            raise KeyboardInterrupt
    assert path.read_text() == "a b"


def test_no_grading_starts_once_they_are_ended(tmp_path: Path) -> None:
    gradings = Gradings()
    gradings.close()
    with pytest.raises(KeyboardInterrupt):
        Workplace(tmp_path, gradings).grade(1)


@pytest.mark.parametrize("argv", [["-k", "no such name"], ["-k", "("], ["--lab", "7"]])
def test_bad_options_are_refused_in_words(argv: list[str],
                                          capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "make mutants: error: " in capsys.readouterr().err


def children_of(pid: int) -> list[int]:
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    return [int(row.split()[0]) for row in table.splitlines() if int(row.split()[1]) == pid]


def wait_for_children(pid: int) -> list[int]:
    for _ in range(200):
        found = children_of(pid)
        if found:
            return found
        time.sleep(0.1)
    pytest.fail("no grading was started")


def test_ctrl_c_is_one_line_and_leaves_no_process(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "grader.quality.mutants", "--lab", "1", "--build", str(tmp_path)]
    runner = subprocess.Popen(argv, cwd=KIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
    gradings = wait_for_children(runner.pid)
    runner.send_signal(signal.SIGINT)
    out, err = runner.communicate(timeout=30)
    assert (runner.returncode, out, err) == (2, "", "mutants: interrupted\n")
    for pid in gradings:
        wait_until_gone(pid)
    assert list((tmp_path / "mutants").iterdir()) == []


# They fail in the usual boot alone, after other boots, in another boot, nowhere, and in the
# machine.
LAZY = [
    (1, "no carriage return"),
    pytest.param(1, "ELR not advanced after a BRK", marks=pytest.mark.long),
    pytest.param(1, "HSTR_EL2 not written", marks=pytest.mark.long),
    (1, "bss_end wiped too"),
    (1, "trace filters not trapped"),
]


@pytest.mark.parametrize(("lab", "name"), LAZY)
def test_the_first_failure_is_that_of_a_full_grading(lab: int, name: str, tmp_path: Path) -> None:
    (m,) = [m for m in mutants() if (m.lab, m.name) == (lab, name)]
    workplace = Workplace(copy_of_the_kit(tmp_path), Gradings())
    with workplace.changed(m.edits):
        full = workplace.grade(lab).labs[0].results
        lazy, _ = up_to_first_failure(lab, m.expect, Workshop(workplace.options(lab)))
    # How far a stage came that was cut off depends on the host.
    failures = [[(r.check.id, re.sub(r"\d+", "N", r.seen)) for r in rs if r.outcome is FAILED]
                for rs in (full, lazy)]  # fmt: skip
    assert failures[0][:1] == failures[1][:1]
    assert bool(failures[0]) is not bool(m.unseen)


def test_every_lab_has_mutants() -> None:
    assert {m.lab for m in mutants()} == set(LABS)


@pytest.mark.parametrize("lab", LABS)
def test_what_a_mutant_must_fail_is_a_check_or_a_task_of_its_lab(lab: int) -> None:
    known = {name for check in tables()[lab] for name in (check.id, check.task)}
    assert [(m.name, m.expect) for m in mutants() if m.lab == lab and m.expect not in known] == []


def test_no_two_mutants_of_a_lab_have_one_name() -> None:
    names = Counter((m.lab, m.name) for m in mutants())
    assert [name for name, count in names.items() if count > 1] == []


def tree_after(m: Mutant) -> dict[str, str]:
    texts: dict[str, str] = {}
    for edit in m.edits:
        text = texts.get(edit.file) or (KIT / "solutions" / edit.file).read_text()
        texts[edit.file] = edited(text, edit)
    return texts


@pytest.mark.parametrize("lab", LABS)
def test_each_edit_has_its_place_in_a_solution_of_its_lab(lab: int) -> None:
    for m in mutants():
        if m.lab == lab:
            assert m.edits and m.edits[0].file.startswith(f"lab{lab:02}-"), m.name
            texts = tree_after(m)
            assert all((KIT / "solutions" / file).read_text() != t
                       for file, t in texts.items()), m.name


def sample() -> Sequence[Mutant]:
    return [next(m for m in mutants() if m.lab == lab) for lab in LABS]


def test_the_first_mutant_of_each_lab_is_killed_and_named(tmp_path: Path) -> None:
    """Without a grading of the unmutated lab before it: that is tested elsewhere."""
    workplace = Workplace(copy_of_the_kit(tmp_path), Gradings())
    verdicts = [workplace.verdict(m) for m in sample()]
    assert [v for v in verdicts if v.kind is not Kind.NAMED or v.explained_as] == []
