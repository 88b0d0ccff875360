# SPDX-License-Identifier: MIT
"""Reports and scoreboard: what they say, and that a report is whole or not there."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands.answers import passed as passed_once
from grader.grading import cause as cause_module
from grader.grading.cause import first_cause
from grader.grading.run import Grading, LabResult
from grader.labs.check import Boot, Check, Outcome, Result
from grader.labs.mistake import Mistake
from grader.report import json_report, junit, scoreboard
from grader.tests.support import made_up
from grader.tests.support.made_up import SCHEMA, check, dev_module, objects, passed, validate

GOOD = passed(check("1.good", "alpha", points=5))
BAD = Result(check("2.bad", "beta {hex}", points=7), Outcome.FAILED, "beta [x]")
ALIKE = Result(check("2.alike", "beta two", points=1), Outcome.FAILED, "beta [x]")
WAITING = Result(check("3.later", "gamma", points=11), Outcome.NOT_REACHED, "lab01.2 is still open")
FOUR = Result(check("4.four", "x", points=3, boot=Boot(smp=4)), Outcome.FAILED, "y")


def grading(*results: Result) -> Grading:
    return Grading(0, [LabResult(1, list(results))])


def test_points_are_summed_by_lab_and_in_all() -> None:
    other = LabResult(2, [passed(Check("lab02.1.a", 20, "a", "h", line="a"))])
    both = Grading(2, [LabResult(1, [GOOD, BAD]), other])
    assert [(lab.points, lab.maximum) for lab in both.labs] == [(5, 12), (20, 20)]
    assert (both.points, both.maximum, both.all_right) == (25, 32, False)
    assert grading(GOOD).all_right


def test_the_report_holds_what_the_contract_says() -> None:
    data = json_report.as_json(grading(GOOD, BAD, WAITING))
    assert (data["schema"], data["solved"], data["total"], data["maximum"]) == (1, 0, 5, 23)
    (lab,) = data["labs"]
    assert (lab["lab"], lab["name"], lab["points"], lab["maximum"]) == (1, "lab01-boot", 5, 23)
    assert lab["checks"][1] == {
        "id": "lab01.2.bad",
        "task": "lab01.2",
        "title": "2.bad is right",
        "points": 0,
        "maximum": 7,
        "result": "failed",
        "seen": "beta [x]",
        "wanted": "beta {hex}",
        "hint": "hint of 2.bad",
        "handout": "lab01-boot/README.md#task-2",
        "gdb": "make gdb LAB=1 AT=_start",
    }
    assert [c["result"] for c in lab["checks"]] == ["passed", "failed", "not reached"]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"line": "a {hex}"}, "a {hex}"),
        ({"pattern": "a|b"}, "a|b"),
        ({"pattern": "bad", "forbidden": True}, "no line: bad"),
        ({"pattern": "a|b", "wanted": "a or b"}, "a or b"),
    ],
)
def test_what_was_wanted_is_said_in_words_or_as_the_line(more: dict, wanted: str) -> None:
    assert json_report.wanted(passed(check("1.a", **more))) == wanted


def test_a_better_hint_replaces_that_of_the_check() -> None:
    assert json_report.hint(Result(BAD.check, Outcome.FAILED, "", "lab 1 first")) == "lab 1 first"


# Files


def test_equal_gradings_are_equal_files(tmp_path: Path) -> None:
    json_report.write(grading(GOOD, BAD), tmp_path / "a.json")
    json_report.write(grading(GOOD, BAD), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text()) == json_report.as_json(grading(GOOD, BAD))


def test_the_report_makes_its_directory(tmp_path: Path) -> None:
    json_report.write(grading(GOOD), tmp_path / "new/report.json")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.json"]


def test_a_complete_lab_stays_complete_when_another_is_graded(tmp_path: Path) -> None:
    path = tmp_path / "complete.json"
    json_report.remember_complete(grading(BAD), path)
    assert not passed_once(1, path)
    json_report.remember_complete(grading(GOOD), path)
    for later in (Grading(0, [LabResult(2, [BAD])]), grading(BAD)):
        json_report.remember_complete(later, path)
        assert passed_once(1, path) and not passed_once(2, path)


def test_a_lab_from_the_solutions_is_not_complete(tmp_path: Path) -> None:
    path = tmp_path / "complete.json"
    json_report.remember_complete(Grading(1, [LabResult(1, [GOOD])]), path)
    assert not passed_once(1, path)


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_report_that_cannot_be_written_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    path = tmp_path / "report.json"
    path.write_text("the old one")

    def stopped(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "replace", stopped)
    with pytest.raises(error):
        json_report.write(grading(GOOD), path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text() == "the old one"


# The schema


def test_the_schema_describes_every_field() -> None:
    for part in objects(SCHEMA):
        assert sorted(part["required"]) == sorted(part["properties"])
        for name, field in part["properties"].items():
            assert field["description"].endswith("."), name


def test_every_result_has_the_form_of_the_schema() -> None:
    validate(json_report.as_json(grading(GOOD, BAD, WAITING, FOUR)))
    validate(json_report.as_json(Grading(6, [])))


@pytest.mark.parametrize(
    "change", [{"schema": 2}, {"total": -1}, {"total": "5"}, {"solved": 7}, {"host": "here"}]
)
def test_the_schema_refuses_what_is_no_report_of_ours(change: dict) -> None:
    with pytest.raises(dev_module("jsonschema").ValidationError):
        validate({**json_report.as_json(grading(GOOD)), **change})


# JUnit XML


def test_a_check_is_a_test_case_of_its_lab() -> None:
    root = ElementTree.fromstring(junit.as_xml(grading(GOOD, BAD, WAITING)))
    (suite,) = root
    for element in (root, suite):
        assert [element.get(n) for n in ("tests", "failures", "errors", "skipped")] == list("3101")
    assert suite.get("name") == "lab01-boot"
    good, bad, waiting = suite
    assert {case.get("classname") for case in suite} == {"lab01-boot"}
    assert [case.get("name") for case in suite] == ["lab01.1.good", "lab01.2.bad", "lab01.3.later"]
    assert len(good) == 0
    (failure,) = bad
    assert (failure.tag, failure.get("message")) == ("failure", "2.bad is right")
    said = [line.split(None, 1) for line in failure.text.strip().splitlines()]
    assert ["wanted", "beta {hex}"] in said and ["seen", "beta [x]"] in said
    assert ["hint", "hint of 2.bad"] in said
    (skipped,) = waiting
    assert (skipped.tag, skipped.get("message")) == (
        "skipped",
        "not reached: lab01.2 is still open",
    )


def test_whatever_a_stage_prints_it_is_xml_without_control_characters() -> None:
    nasty = "]]></failure>\x00\x1b[31m<b>&amp;\ufffe\ud800 \u202e" + "x" * (1 << 20)
    checks = [
        Result(BAD.check, Outcome.FAILED, nasty),
        Result(WAITING.check, Outcome.NOT_REACHED, nasty),
    ]
    text = junit.as_xml(grading(*checks))
    assert len(text) < 10_000
    text.encode("utf-8")
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    failure = ElementTree.fromstring(text).find(".//failure")
    assert r"]]></failure>\x00\x1b[31m<b>&amp;\ufffe\ud800" in failure.text


def test_the_xml_says_nothing_of_host_or_time() -> None:
    assert junit.as_xml(grading(GOOD, BAD)) == junit.as_xml(grading(GOOD, BAD))
    root = ElementTree.fromstring(junit.as_xml(grading(BAD)))
    names = {name for element in root.iter() for name in element.keys()}
    assert names == {*junit.counts(), "name", "classname", "message", "type"}


# The scoreboard


def board(*results: Result) -> str:
    return scoreboard.text(grading(*results), terminal=False)


def test_the_scoreboard_has_a_line_a_check_and_the_sums() -> None:
    lines = [line.split() for line in board(GOOD, BAD).splitlines()]
    assert ["passed", "5/5", "lab01.1.good", "1.good", "is", "right"] in lines
    assert ["failed", "0/7", "lab01.2.bad", "2.bad", "is", "right"] in lines
    assert "Lab 1, lab01-boot: 5 of 12 points".split() in lines
    assert lines[-2] == "Total: 5 of 12 points".split()


def test_the_scoreboard_ends_with_what_to_do_next() -> None:
    *_, last = board(GOOD, BAD).splitlines()
    assert last == "next: lab01.2.bad, see above; read lab01-boot/README.md#task-2"
    *_, last = board(GOOD).splitlines()
    assert last == "Total: 5 of 5 points"


def test_the_scoreboard_of_several_labs_ends_with_a_line_for_each() -> None:
    labs = [LabResult(1, [GOOD]), LabResult(2, [GOOD, BAD])]
    lines = [line.split() for line in scoreboard.text(Grading(0, labs),
                                                      terminal=False).splitlines()]
    at = lines.index("lab points passed failed not reached".split())
    assert lines[at + 1 : at + 3] == ["lab01-boot 5 of 5 1 - -".split(),
                                      "lab02-mmu 5 of 12 1 1 -".split()]


def test_a_mistake_says_seen_wanted_hint_where_to_read_and_how_to_run_it_alone() -> None:
    lines = [line.strip() for line in board(BAD).splitlines()]
    for line in [
        "lab01.2.bad: 2.bad is right",
        "wanted  beta {hex}",
        "seen    beta [x]",  # and rich takes no [x] for markup
        "hint    hint of 2.bad",
        "read    lab01-boot/README.md#task-2",
        "alone   make grade CHECK=lab01.2.bad",
    ]:
        assert line in lines


def test_mistakes_that_look_alike_are_told_once() -> None:
    text = board(BAD, ALIKE)
    assert text.count("seen ") == 1
    assert "as well  lab01.2.alike" in text


def test_what_was_not_reached_takes_one_line() -> None:
    later = [Result(check(f"3.{n}", "x"), Outcome.NOT_REACHED, WAITING.seen) for n in "abcdef"]
    text = board(BAD, *later)
    assert text.count("lab01.2 is still open") == 1
    assert "not reached: lab01.2 is still open (lab01.3.a, lab01.3.b, lab01.3.c and 3 more)" in text


def test_the_boot_of_a_mistake_is_named_if_it_is_not_the_usual_one() -> None:
    assert "booted  -smp 4" in board(FOUR)
    assert "booted" not in board(BAD)


def test_a_stage_does_not_steer_the_terminal() -> None:
    text = board(Result(BAD.check, Outcome.FAILED, "red \x1b[31m\rover"))
    assert r"red \x1b[31m\x0dover" in text


def test_without_a_terminal_there_is_no_colour_and_no_trailing_space(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = board(GOOD, BAD, WAITING)
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in scoreboard.text(grading(GOOD), terminal=True)
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in scoreboard.text(grading(GOOD), terminal=True)


# The first cause


TREE = Path(__file__).parents[4]


def caused(*results: Result, seen: str = "") -> Grading:
    cause = first_cause(results, {Boot(): made_up.seen(seen)}, TREE)
    return Grading(0, [LabResult(1, list(results))], cause=cause)


def test_the_first_cause_comes_first_and_in_a_few_lines() -> None:
    lines = scoreboard.text(caused(GOOD, BAD, FOUR), terminal=False).splitlines()
    assert lines[0] == "First: lab 1, task 2. lab01.2.bad: 2.bad is right"
    (at,) = [n for n, line in enumerate(lines, 1) if line.split()[:1] == ["likely"]]
    assert at <= 15
    assert lines.index("") <= 15
    assert ["where", "_start()"] in [line.split()[:2] for line in lines]


def test_a_long_text_of_a_stage_leaves_the_first_cause_short() -> None:
    long = Result(BAD.check, Outcome.FAILED, "\n".join(["x" * 5000] * 20))
    lines = scoreboard.text(caused(long), terminal=False).splitlines()
    assert [n for n, line in enumerate(lines, 1) if line.split()[:1] == ["likely"]][0] <= 15


def test_the_first_cause_is_in_the_report() -> None:
    data = json_report.as_json(caused(GOOD, BAD))
    assert data["first_cause"]["check"] == "lab01.2.bad"
    assert (data["first_cause"]["lab"], data["first_cause"]["task"]) == (1, "lab01.2")
    assert data["first_cause"]["likely"] == "hint of 2.bad"
    assert json_report.as_json(caused(GOOD))["first_cause"] is None
    validate(data)


def test_an_earlier_task_that_ends_in_a_later_hole_is_not_called_open() -> None:
    """For example a vm_create() that fails, and whose error path calls code of task 5."""
    line = "[todo] TODO(lab01.4): uart_putc() in lab01-boot/uart.c"
    cause = caused(Result(check("2.bad", "x"), Outcome.FAILED, line), seen=f"{line}\n").cause
    assert cause and not cause.is_open
    assert (cause.task, cause.likely) == ("lab01.2", "hint of 2.bad")


@pytest.mark.parametrize("words, place", [
    ("`uart_getc()`, or `uart_init()`", "uart_getc() in lab01-boot/uart.c, line N; or uart_init()"),
    ("a slot of `vectors.S`", "lab01-boot/vectors.S"),
])
def test_the_place_is_what_the_cause_names(words: str, place: str,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    task = "lab01.5" if "vectors" in words else "lab01.4"
    monkeypatch.setattr(cause_module, "likely", lambda *args: Mistake(task, words, task=task))
    cause = caused(Result(check("4.a", "x"), Outcome.FAILED, "seen")).cause
    assert cause and re.sub(r"line \d+", "line N", cause.place) == place


def test_an_open_hole_is_a_first_cause_with_its_function() -> None:
    line = "[todo] TODO(lab01.4): uart_putc() in lab01-boot/uart.c"
    hole = Result(check("4.a", "x"), Outcome.FAILED, line)
    cause = caused(hole, seen=f"{line}\n").cause
    assert cause and cause.is_open
    assert cause.place.startswith("uart_putc() in lab01-boot/uart.c, line ")
