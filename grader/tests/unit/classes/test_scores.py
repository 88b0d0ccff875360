# SPDX-License-Identifier: MIT
"""Scores, adjustments and pages, from records that are made up."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from grader.classes.adjust import Adjustment, adjustments
from grader.classes.collection import as_json, collect
from grader.classes.pages import histogram
from grader.classes.scores import Score, as_csv, cell, difference, known_names
from grader.core.kit import GraderError
from grader.labs import tables

LABS = (1, 2)


def lab(number: int, lost: tuple[str, ...] = ()) -> dict[str, Any]:
    """A lab of a report in which these checks failed."""
    checks: list[dict[str, Any]] = [
        {"id": check.id, "task": check.task, "title": check.title, "maximum": check.points,
         "points": 0 if check.id in lost else check.points,
         "result": "failed" if check.id in lost else "passed", "seen": "<b>seen</b>",
         "wanted": "wanted", "hint": "hint", "handout": "h", "gdb": "g"}
        for check in tables()[number]
    ]
    return {"lab": number, "name": f"lab0{number}", "maximum": 100, "checks": checks,
            "points": sum(int(check["points"]) for check in checks)}


def record(own: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "key": "k", "policy": "better", "notes": ["a\x1bb"], "first_cause": None,
            "own": own, "reference": reference}


@pytest.fixture
def score() -> Score:
    """A fault in lab 1 that spoils lab 2; on the reference's lab 1, lab 2 is nearly right."""
    own = {"1": lab(1, ("lab01.1.el2",)), "2": lab(2, tuple(c.id for c in tables()[2]))}
    return Score("doe", record(own, {"2": lab(2, ("lab02.1.tcr",))}), page="doe",
                 adjustments=(Adjustment("doe", "lab01.1.el2", 3, "oral exam"),
                              Adjustment("doe", "total", -10, "two days late")))


def rows(*scores: Score) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(scores, LABS))))


def test_the_better_of_two_gradings_counts_and_both_are_shown(score: Score) -> None:
    (row,) = rows(score)
    assert (row["lab02"], row["lab02_own"], row["lab02_reference"]) == ("98", "0", "98")
    assert (row["lab01_own"], row["lab01_reference"]) == ("96", "")
    assert row["lab02.1"] == "6"


def test_adjustments_are_added_and_shown(score: Score) -> None:
    (row,) = rows(score)
    assert (row["lab01"], row["adjusted"]) == ("99", "-7")
    assert row["total"] == str(96 + 98 - 7)


def test_without_a_score_cells_are_empty_and_not_0() -> None:
    (row,) = rows(Score("doe", None, "no space"))
    assert (row["status"], row["total"], row["lab01"]) == ("not graded: no space", "", "")


def test_a_check_that_was_not_judged_makes_the_score_incomplete(score: Score) -> None:
    assert score.record
    score.record["own"]["1"]["checks"][0]["result"] = "not judged"
    assert rows(score)[0]["status"] == "incomplete: 1 checks were not judged"


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x", "\tx"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str) -> None:
    assert cell(name) == f"'{name}" and rows(Score(name, None, ""))[0]["student"] == f"'{name}"


def test_the_same_results_give_the_same_files(score: Score, tmp_path: Path) -> None:
    scores = [score, Score("=roe<script>", None, "no", page="roe")]
    for folder in ("one", "other"):
        collect(scores, LABS, ["<i>x"], [("doe", "=roe<script>", 90)], tmp_path / folder)
    files = {path.relative_to(tmp_path / "one"): path.read_bytes()
             for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert sorted(map(str, files)) == ["class.html", "scores.csv", "students/doe.html",
                                       "students/doe.json", "students/roe.html",
                                       "students/roe.json"]
    for name, data in files.items():
        assert (tmp_path / "other" / name).read_bytes() == data
    page = files[Path("class.html")].decode() + files[Path("students/doe.html")].decode()
    assert "<script>" not in page and "<b>seen" not in page and "<i>x" not in page
    assert "\x1b" not in page and "two days late" in page


def test_pages_of_students_who_are_gone_are_removed(score: Score, tmp_path: Path) -> None:
    collect([score], LABS, [], None, tmp_path)
    collect([Score("roe", None, "no", page="roe")], LABS, [], None, tmp_path)
    assert sorted(p.name for p in (tmp_path / "students").iterdir()) == ["roe.html", "roe.json"]


def test_a_regrade_says_who_changed_by_which_check(score: Score, tmp_path: Path) -> None:
    assert collect([score], LABS, [], None, tmp_path) == []
    assert collect([score], LABS, [], None, tmp_path) == []
    own = {"1": lab(1), "2": lab(2)}
    again = Score("doe", record(own, {}), page="doe")
    assert collect([again], LABS, [], None, tmp_path) == [
        "doe: 187 -> 200: lab01.1.el2 0 -> 4, lab02.1.tcr 0 -> 2"]


def test_a_change_of_an_adjustment_is_named(score: Score) -> None:
    import json
    before = json.loads(as_json(score))
    assert difference(before, Score("doe", score.record)) == ["doe: 187 -> 194: adjusted"]


GOOD = "student,what,points,reason\ndoe,lab01,5,oral exam\n\ndoe,total,-3,late\n"


def test_adjustments_are_read(tmp_path: Path) -> None:
    path = tmp_path / "adjust.csv"
    path.write_text(GOOD, "utf-8-sig")
    assert adjustments(path, {"doe"}, known_names(LABS)) == [
        Adjustment("doe", "lab01", 5, "oral exam"), Adjustment("doe", "total", -3, "late")]
    assert adjustments(tmp_path / "none.csv", {"doe"}, known_names(LABS)) == []


@pytest.mark.parametrize("row, words", [
    ("roe,lab01,5,why", "line 2: there is no submission of 'roe'"),
    ("doe,lab07,5,why", "line 2: 'lab07' is no check and no lab: write lab04.5.smc"),
    ("doe,lab01,half,why", "line 2: 'half' is no whole number of points"),
    ("doe,lab01,5,", "line 2: give the reason"),
    ("doe,lab01,5", "line 2: it needs four columns: student, what, points, reason"),
])
def test_a_row_that_cannot_be_applied_is_one_line(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "adjust.csv"
    path.write_text(f"student,what,points,reason\n{row}\n")
    with pytest.raises(GraderError) as error:
        adjustments(path, {"doe"}, known_names(LABS))
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_histogram_holds_everybody() -> None:
    bars = histogram([0, 59, 60, 599, 600, -5, 700], 600)
    assert [count for _, count, _ in bars] == [3, 1, 0, 0, 0, 0, 0, 0, 0, 3]
    assert bars[0][0] == "0 to 59" and bars[-1][0] == "540 to 600"
