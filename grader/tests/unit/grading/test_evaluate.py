# SPDX-License-Identifier: MIT
"""From transcripts to results: what counts, what does not, and what is said about it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from grader.grading.evaluate import BootResult, evaluate, open_task
from grader.grading.run import boots_of
from grader.labs.check import Boot, Check, Outcome
from grader.qemu.boot import Ending
from grader.tests.support.made_up import check, judged, letters, outcomes, seen

A, B, C = check("1.a", "alpha"), check("2.b", "beta"), check("3.c", "gamma")
OPEN_2 = "\n[todo] TODO(lab01.2): set the stack\n"


# Markers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha\nbeta\ngamma\n", "PPP"),
        ("noise\nalpha\nnoise\nbeta\n\ngamma", "PPP"),
        ("alpha\ngamma\n", "PFP"),
        ("beta\nalpha\ngamma\n", "FPP"),
        ("alpha beta gamma\n", "FNN"),
        ("", "FNN"),
    ],
)
def test_markers_count_in_the_order_of_the_table(text: str, expected: str) -> None:
    assert sorted(outcomes([A, B, C], text)) == sorted(expected)


def test_a_marker_counts_once() -> None:
    twice = [check("1.a", "same"), check("1.b", "same")]
    assert outcomes(twice, "same\n") == "PF"
    assert outcomes(twice, "same\nsame\n") == "PP"


def test_a_marker_that_counts_anywhere_needs_no_order() -> None:
    checks = [A, check("2.b", "beta", anywhere=True)]
    assert outcomes(checks, "beta\nalpha\n") == "PP"
    assert outcomes(checks, "alpha\n") == "PF"


def test_a_marker_that_must_be_there_once_may_not_be_there_twice() -> None:
    checks = [check("1.a", "alpha", once=True)]
    assert outcomes(checks, "alpha\n") == "P"
    (twice,) = judged(checks, "alpha\nalpha\n")
    assert (twice.outcome, twice.seen) == (Outcome.FAILED, "it appears 2 times")


def test_a_forbidden_line_is_shown_when_it_is_there() -> None:
    checks = [A, check("2.b", "", pattern="bad .*", forbidden=True)]
    assert outcomes(checks, "alpha\n") == "PP"
    bad = judged(checks, "alpha\nbad thing\n")[1]
    assert (bad.outcome, bad.seen) == (Outcome.FAILED, "bad thing")


def test_carriage_returns_are_no_part_of_a_line() -> None:
    assert letters(evaluate([A], {Boot(): seen("alpha\n")})) == "P"


def test_bytes_that_are_no_text_do_not_stop_the_grader() -> None:
    evidence = seen("alpha\n")
    broken = type(evidence.run)(b"\xff\xfe\x00\nalpha\n", "", Ending.OFF)
    assert letters(evaluate([A], {Boot(): type(evidence)(broken, evidence.image)})) == "P"


def test_a_check_may_look_at_several_boots() -> None:
    """Without one of them it is not judged by the others."""
    four = Boot(smp=4)
    both = Check("lab01.1.x", 1, "Both say alpha", "Say it in both.", wanted="alpha", also=(four,),
                 test=lambda found: found.run.text + found.also[0].run.text)
    evidence = {Boot(): seen("one "), four: seen("two")}
    assert [result.seen for result in evaluate([both], evidence)] == ["one two"]
    without: dict[Boot, BootResult] = {Boot(): seen("one "), four: "main.c:1: error"}
    assert [result.seen for result in evaluate([both], without)] == ["main.c:1: error"]
    assert list(boots_of([both])) == [Boot(), four]


# What is said


def test_a_wrong_line_is_quoted() -> None:
    checks = [A, check("2.b", "[test] registers changed: 0"), C]
    result = judged(checks, "alpha\n[test] registers changed: 3\ngamma\n")[1]
    assert result.seen == "[test] registers changed: 3"


def test_a_line_is_looked_for_only_where_it_should_have_been() -> None:
    checks = [check("1.a", "count is 1"), B, check("3.c", "count is 2")]
    result = judged(checks, "count is 1\nbeta\n")[2]
    assert result.seen == "the machine powered itself off; its last line: beta"


@pytest.mark.parametrize("ending", list(Ending))
def test_where_nothing_is_like_it_the_ending_and_the_last_line_are_told(ending: Ending) -> None:
    (result,) = evaluate([B], {Boot(): seen("alpha\n\n", ending)})
    assert result.seen == f"the machine {ending.value}; its last line: alpha"
    (silent,) = evaluate([B], {Boot(): seen("", ending)})
    assert silent.seen == f"the machine {ending.value}; it printed nothing"


def test_the_line_that_came_instead_is_quoted_and_not_only_the_last_one() -> None:
    (_, wrong) = judged([A, B], "alpha\nslot 2\nmore\npanic\n")
    assert wrong.seen == "slot 2; then the machine powered itself off; its last line: panic"
    (_, wrong, _) = judged([A, B, C], "alpha\nnoise\ngamma\n")
    assert wrong.seen == "noise"
    (_, wrong, _) = judged([A, B, C], "alpha\ngamma\n")
    assert wrong.seen == "no such line before: gamma"


@pytest.mark.parametrize("anywhere", [False, True])
def test_a_guest_that_ended_early_is_shown_with_the_reason(anywhere: bool) -> None:
    stop = "[trap] vm1 stopped: fetch from IPA 0x0 (PC 0x0)"
    line = check("1.a", "[vm1] done: all is well", anywhere=anywhere)
    (wrong,) = judged([line], f"[trap] vm0 stopped: x (PC 0x4)\n{stop}\n[end] all\n")
    assert wrong.seen == f"{stop}; then the machine powered itself off; its last line: [end] all"


def test_of_checks_that_saw_only_the_end_of_the_run_the_first_fails() -> None:
    machine = check("2.m", test=lambda evidence: f"not reached: {evidence.run}")
    later = check("4.d", test=lambda evidence: "wrong for a reason of its own")
    results = judged([A, C, machine, later], "alpha\nnoise\n")
    assert letters(results) == "PNFF"
    assert results[1].seen == "lab01.2.m comes first"


# Function checks and needs


def test_a_function_check_fails_with_what_it_says() -> None:
    result = judged([check("1.a", test=lambda evidence: "a hole")], "")[0]
    assert (result.outcome, result.seen) == (Outcome.FAILED, "a hole")


@pytest.mark.parametrize("nothing", ["", None])
def test_a_function_check_with_nothing_to_say_passes(nothing: str | None) -> None:
    assert outcomes([check("1.a", test=lambda evidence: nothing)], "") == "P"


def test_a_check_counts_only_with_what_it_needs() -> None:
    quiet = check("2.b", pattern="bad", forbidden=True, needs="lab01.1.a")
    assert outcomes([A, quiet], "alpha\n") == "PP"
    result = judged([A, quiet], "")[1]
    assert (result.outcome, result.points) == (Outcome.NOT_REACHED, 0)
    assert result.seen == "lab01.1.a comes first"


def test_needs_go_down_a_chain() -> None:
    checks = [
        A,
        check("2.b", pattern="bad", forbidden=True, needs="lab01.1.a"),
        check("3.c", pattern="worse", forbidden=True, needs="lab01.2.b"),
    ]
    assert outcomes(checks, "") == "FNN"


# Open holes


def test_an_open_hole_is_told_once_and_the_rest_is_not_reached() -> None:
    results = judged([A, B, check("2.b2", "more"), C], "alpha\n" + OPEN_2)
    assert letters(results) == "PFNN"
    assert results[1].seen == "[todo] TODO(lab01.2): set the stack"
    assert results[1].hint == "hint of 2.b"
    assert {result.seen for result in results[2:]} == {"lab01.2 is still open"}


def test_what_passes_behind_an_open_hole_by_accident_does_not_count() -> None:
    accident = check("3.c", pattern="bad", forbidden=True)
    assert outcomes([A, B, accident], "alpha\n" + OPEN_2) == "PFN"


def test_an_earlier_task_is_judged_while_a_later_one_is_open() -> None:
    assert outcomes([A, B], OPEN_2) == "FF"


def test_an_open_hole_of_an_earlier_lab_is_named_with_the_way_round_it() -> None:
    names = {"lab02.1.a": "x", "lab02.2.b": "y"}
    later = [Check(name, 5, "title", "hint", line=line) for name, line in names.items()]
    results = evaluate(later, {Boot(): seen("x\n" + OPEN_2)})
    assert letters(results) == "FN"
    assert results[0].seen == "[todo] TODO(lab01.2): set the stack"
    assert "SOLVED=1" in results[0].hint


def test_the_first_hole_is_the_one_that_counts() -> None:
    hole = open_task(seen(OPEN_2 + "[todo] TODO(lab01.3): later\n"))
    assert hole and hole.task == "lab01.2"


def test_tasks_are_compared_as_numbers() -> None:
    ten = check("10.x", "ten")
    assert outcomes([check("9.x", "nine"), ten], "nine\nten\n[todo] TODO(lab01.10): do\n") == "PF"


def test_a_hole_that_only_another_boot_meets_holds_back_that_boot() -> None:
    four = check("3.d", "delta", boot=Boot(smp=4))
    found = {Boot(): seen("alpha\nbeta\n"), Boot(smp=4): seen("\n[todo] TODO(lab01.3): do\n")}
    assert letters(evaluate([A, B, four], found)) == "PPF"


# Several boots


def test_each_boot_is_judged_by_its_own_transcript() -> None:
    checks = [A, check("1.b", "alpha", boot=Boot(smp=4)), B]
    found = {Boot(): seen("alpha\nbeta\n"), Boot(smp=4): seen("beta\n")}
    assert letters(evaluate(checks, found)) == "PFP"


def test_a_stage_that_does_not_build_says_so_once() -> None:
    checks = [A, check("1.b", "alpha", boot=Boot(smp=4)), B]
    error = "uart.c:7: error: expected ';'"
    results = evaluate(checks, {Boot(): error, Boot(smp=4): error})
    assert letters(results) == "FNN"
    assert results[0].seen == error
    assert sum(result.points for result in results) == 0


def test_another_configuration_that_does_not_build_costs_only_its_own_checks() -> None:
    wide = Boot(make=("GUARD_PAGES=8",))
    checks = [A, check("1.b", "alpha", boot=wide)]
    results = evaluate(checks, {Boot(): seen("alpha\n"), wide: "vm.c:1: error: no"})
    assert letters(results) == "PF"


def test_a_marker_that_counts_anywhere_is_compared_with_the_whole_transcript() -> None:
    checks = [A, check("2.b", "[vm3] 0 early, 20 in all", anywhere=True, once=True)]
    wrong = judged(checks, "[vm3] 1 early, 20 in all\nalpha\n")[1]
    assert (wrong.outcome, wrong.seen) == (Outcome.FAILED, "[vm3] 1 early, 20 in all")


def test_a_guest_may_run_into_a_hole_too() -> None:
    found = open_task(seen("[vm1] [todo] TODO(lab06.4): map it\n"))
    assert found and found.task == "lab06.4"
    both = seen("[vm1] [todo] TODO(lab06.4): map it\n[vm0] [todo] TODO(lab06.3): tick\n")
    assert open_task(both).task == "lab06.3"
    assert not open_task(seen("[vm1] says [todo] TODO(lab06.4): map it\n"))


def test_a_need_that_is_yet_to_be_written_is_no_need() -> None:
    four = check("1.b", "alpha", boot=Boot(smp=4), needs="lab01.3.c")
    found = {Boot(): seen("alpha\n" + OPEN_2), Boot(smp=4): seen("alpha\n" + OPEN_2)}
    assert letters(evaluate([A, B, C, four], found)) == "PFNP"
    found = {Boot(): seen("alpha\nbeta\n"), Boot(smp=4): seen("alpha\n")}
    assert letters(evaluate([A, B, C, four], found)) == "PPFN"


# Where it is


def places(checks: list[Check], text: str) -> list[str | None]:
    """What stands where each result is; None if it is nowhere."""
    found = [result.place for result in judged(checks, text)]
    return [place and text[slice(*place)] for place in found]


def test_a_marker_is_where_it_counts_and_a_missing_one_where_the_closest_line_is() -> None:
    fact = check("2.b", "[test] registers changed: 0")
    assert places([A, fact], "alpha\n[test] registers changed: 3\n") == [
        "alpha",
        "[test] registers changed: 3",
    ]
    same = [check("1.a", "same"), check("1.b", "same")]
    assert [r.place for r in judged(same, "same\nsame\n")] == [(0, 4), (5, 9)]


@pytest.mark.parametrize(
    ("text", "place"),
    [("gamma\n", 0), ("alpha\ngamma\n", 6), ("alpha\n", 6), ("alpha", 5), ("", 0)],
)
def test_a_missing_line_that_nothing_is_like_should_be_behind_the_one_before(
    text: str, place: int
) -> None:
    assert judged([A, B, C], text)[1].place == (place, place)


def test_what_must_not_be_there_is_where_it_is() -> None:
    bad = check("2.b", "", pattern="bad .*", forbidden=True)
    assert places([A, bad], "alpha\nbad thing\n") == ["alpha", "bad thing"]
    assert places([A, bad], "alpha\n") == ["alpha", None]
    once = judged([check("1.a", "alpha", once=True)], "alpha\nalpha\n")
    assert once[0].place == (6, 11)


def test_a_function_that_answers_with_a_line_is_about_that_line() -> None:
    wrong = Check("lab01.2.b", 1, "t", "h", test=lambda _: "beta 3", wanted="beta 2")
    vague = Check("lab01.2.c", 1, "t", "h", test=lambda _: "bet", wanted="beta 2")
    assert places([wrong, vague], "alpha\nbeta 3\n") == ["beta 3", None]


def test_an_open_hole_is_where_the_stage_says_so_in_its_own_boot() -> None:
    assert places([A, B], "alpha\n" + OPEN_2) == ["alpha", "[todo] TODO(lab01.2): set the stack"]
    other = check("2.b", "beta", boot=Boot(smp=4))
    found = {Boot(): seen("alpha\n" + OPEN_2), Boot(smp=4): seen("alpha\n")}
    assert evaluate([A, other], found)[1].place is None


def test_a_missing_line_should_be_behind_the_closest_one_of_the_check_before() -> None:
    fact = check("2.b", "beta: 1")
    results = judged([A, fact, C, check("4.d", "delta")], "alpha\nbeta: 2\ndelta\n")
    assert [r.place for r in results] == [(0, 5), (6, 13), (14, 14), (14, 19)]


def test_a_mebibyte_that_was_seen_is_looked_for_as_it_is() -> None:
    """As an expression it would take seconds."""
    line = "x(" * (1 << 19)
    before = time.process_time()
    (result,) = judged([check("1.a", test=lambda _: line, wanted="w")], f"one\n{line}\ntwo\n")
    assert result.place == (4, 4 + len(line))
    assert time.process_time() - before < 2


def test_a_task_whose_machine_is_all_wrong_gets_nothing_for_its_lines() -> None:
    proof, other = check("1.m", test=lambda _: "wrong",
                         machine=True), check("1.n", test=lambda _: "", machine=True)
    evidence = seen("alpha\n")
    evidence = replace(evidence, inspected=evidence.run)
    outcome = lambda *checks: letters(evaluate(checks, {Boot(): evidence}))  # noqa: E731
    assert outcome(A, proof) == "NF"
    assert outcome(A, proof, other) == "PFP"
    assert outcome(A, check("2.m", test=lambda _: "wrong", machine=True)) == "PF"
    assert outcome(A, proof, replace(other, proof=False)) == "NFN"
    assert outcome(A, replace(other, proof=False)) == "PP"
    assert outcome(A, proof, replace(other, for_task=False)) == "NFP"


def test_a_line_that_is_there_but_out_of_order_is_named_as_such() -> None:
    checks = [check("1.a", "one"), check("2.b", "two"), check("3.c", "three")]
    by_id = {result.check.id: result for result in judged(checks, "two\nthree\none\n")}
    assert "the line is there, but out of order: line 3" in by_id["lab01.1.a"].seen
    assert "out of order" not in by_id["lab01.2.b"].seen
