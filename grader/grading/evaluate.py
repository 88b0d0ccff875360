# SPDX-License-Identifier: MIT
"""Judge a lab's checks by the evidence of its boots.

Pure functions: they start no process and write no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional, Union

from ..core.kit import has_solution
from ..labs.check import Boot, Check, Evidence, NotReached, Outcome, Result, Span, Test
from .crash import Crash, crash_of
from .markers import longest_sequence, matches, place_of_closest

# EL2 prints it, or a guest, after the name of its VM.
TODO = re.compile(r"^(?:\[vm[0-9]+\] )?\[todo\] TODO\((lab0[1-6]\.[0-9]{1,2})\): .*$", re.MULTILINE)

# The beginning of a marker that a guest prints.
VM_LINE = re.compile(r"\\?\[vm([0-9]+)\\?\] ")

NOT_BUILT = "the stage does not build"

class NotBooted(str):
    """Why a stage was built and not booted."""


# What a boot left: evidence, the reason why there was no image, or an error of the grader.
BootResult = Union[Evidence, str, Crash]


@dataclass(frozen=True)
class OpenTask:
    """The unfilled hole that stopped a stage."""

    task: str
    line: str
    place: Span


def task_number(task: str) -> tuple[int, int]:
    lab, _, number = task[3:].partition(".")
    return int(lab), int(number)


def open_task(found: BootResult) -> Optional[OpenTask]:
    """Return the first open task, if several guests stopped at one."""
    stops = TODO.finditer(found.run.text) if isinstance(found, Evidence) else []
    holes = [OpenTask(match.group(1), match.group(0), match.span()) for match in stops]
    return min(holes, key=lambda hole: task_number(hole.task)) if holes else None


def evaluate(checks: Sequence[Check], found: Mapping[Boot, BootResult]) -> list[Result]:
    """Return a result for each check of a lab, in the order of its table."""
    try:
        return _evaluated(checks, found)
    except Exception as error:
        return _not_judged(checks, crash_of(error))


def _not_judged(checks: Sequence[Check], crash: Crash) -> list[Result]:
    """Return results for checks that an error of the grader spoiled."""
    return [Result(check, Outcome.NOT_JUDGED, crash.line, details=crash.details)
            for check in checks]


def _evaluated(checks: Sequence[Check], found: Mapping[Boot, BootResult]) -> list[Result]:
    results: dict[str, Result] = {}
    named: set[str] = set()
    for boots in dict.fromkeys(check.boots for check in checks):
        group = [check for check in checks if check.boots == boots]
        evidence = _joined([found[boot] for boot in boots])
        if isinstance(evidence, str):
            judged = _not_built(group, evidence, evidence in named)
            named.add(evidence)
        elif isinstance(evidence, Crash):
            judged = _not_judged(group, evidence)
        else:
            usual = found.get(Boot())
            if isinstance(usual, Evidence):
                evidence = replace(evidence, usual=usual.run)
            judged = judge(group, evidence)
        results.update((result.check.id, result) for result in judged)
    hole = open_task(found[Boot()])
    needed = _with_needs([results[check.id] for check in checks], hole)
    return without_consequences(_hold_back(_with_proof(needed), found), found)


def _joined(found: Sequence[BootResult]) -> BootResult:
    """Return the evidence of the first boot, with that of the others; or what is missing."""
    evidence = [each for each in found if isinstance(each, Evidence)]
    if len(evidence) < len(found):
        return next(each for each in found if not isinstance(each, Evidence))
    return replace(evidence[0], also=tuple(evidence[1:]))


def _not_built(checks: Sequence[Check], error: str, named: bool) -> list[Result]:
    """Without an image one check names the error, unless an earlier check did."""
    if isinstance(error, NotBooted):
        return [Result(check, Outcome.NOT_REACHED, error) for check in checks]
    waiting = [Result(check, Outcome.NOT_REACHED, NOT_BUILT) for check in checks]
    if named:
        return waiting
    hint = "It does not build: correct what the compiler names."
    return [Result(checks[0], Outcome.FAILED, error, hint), *waiting[1:]]


def judge(checks: Sequence[Check], evidence: Evidence) -> list[Result]:
    """The checks of one boot."""
    text = evidence.run.text
    sequence = [check for check in checks if check.in_order]
    places = dict(zip(sequence, longest_sequence([matches(check, text) for check in sequence])))
    results = []
    for at, check in enumerate(checks):
        if check.test:
            results.append(_tested(check, check.test, evidence))
        elif check.in_order and not places[check]:
            region = between(checks, at, places, len(text))
            result = missing(check, evidence, region, results)
            results.append(_with_line_out_of_order(result, text, places))
        else:
            results.append(count(check, evidence, places.get(check)))
    return results


def _tested(check: Check, test: Test, evidence: Evidence) -> Result:
    """Return the verdict of the check's function. It may quote a line of the transcript."""
    try:
        seen = test(_machine_of(evidence) if check.machine else evidence) or ""
    except Exception as error:
        return _not_judged([check], crash_of(error))[0]
    if not seen:
        return Result(check, Outcome.PASSED)
    if isinstance(seen, NotReached):
        return Result(check, Outcome.NOT_REACHED, seen)
    # not a regular expression: it may be 1 MiB long
    at = f"\n{evidence.run.text}\n".find(f"\n{seen}\n")
    return Result(check, Outcome.FAILED, seen, place=(at, at + len(seen)) if at >= 0 else None)


def _machine_of(evidence: Evidence) -> Evidence:
    """Return the evidence with the inspected run: states and transcript of one boot."""
    assert evidence.inspected
    return replace(evidence, run=evidence.inspected)


def between(
    checks: Sequence[Check], at: int, places: Mapping[Check, Optional[Span]], end: int
) -> Span:
    """Return the part of the transcript where a marker is expected."""
    before = [span for check in checks[:at] if (span := places.get(check))]
    behind = [span for check in checks[at:] if (span := places.get(check))]
    return before[-1][1] if before else 0, behind[0][0] if behind else end


def missing(check: Check, evidence: Evidence, region: Span, earlier: Sequence[Result]) -> Result:
    """Return the result of a marker that is missing in a region of the transcript.

    If no line there resembles it, its place is after those of earlier checks, and the line that
    is there is quoted.
    """
    text, (start, end) = evidence.run.text, region
    found = place_of_closest(check, text[start:end])
    if found:
        place = (start + found[0], start + found[1])
        seen = text[slice(*place)] or str(evidence.run)
        return Result(check, Outcome.FAILED, seen, place=place)
    ends = [result.place[1] for result in earlier if result.check.in_order and result.place]
    behind = _next_line(text, max([start, *(at for at in ends if at <= end)]))
    seen = _instead(check, evidence, behind, end)
    return Result(check, Outcome.FAILED, seen, place=(behind, behind))


def _with_line_out_of_order(
    result: Result, text: str, places: Mapping[Check, Optional[Span]]
) -> Result:
    """Say so if the line of a missing marker is there, but in another place."""
    taken = [span for span in places.values() if span]
    free = [span for span in matches(result.check, text) if span not in taken]
    if not free:
        return result
    number = text.count("\n", 0, free[0][0]) + 1
    where = f"the line is there, but out of order: line {number}"
    return replace(result, seen=f"{result.seen}; {where}")


def _instead(check: Check, evidence: Evidence, start: int, end: int) -> str:
    """Return what came where a marker is missing: a line, and how the boot ended if it did."""
    run, text = evidence.run, evidence.run.text
    line = next((line for line in text[start:end].split("\n") if line.strip()), "")
    if end < len(text):
        return line or f"no such line before: {text[end:].partition(chr(10))[0]}"
    line = _stop_of_vm(check, text[start:] or text) or line
    return f"{line}; then {run}" if line and line.strip() != run.last_line else str(run)


def _stop_of_vm(check: Check, text: str) -> str:
    """Return EL2's line about the end of the VM whose line a marker is."""
    vm = VM_LINE.match(check.line or check.pattern)
    stop = vm and re.search(rf"^\[trap\] vm{vm[1]} stopped: .*$", text, re.MULTILINE)
    return stop[0] if stop else ""


def _next_line(text: str, at: int) -> int:
    """Return `at` if a line starts there, else where the next line starts."""
    if at == 0 or text[at - 1] == "\n":
        return at
    feed = text.find("\n", at)
    return len(text) if feed < 0 else feed + 1


def count(check: Check, evidence: Evidence, place: Optional[Span]) -> Result:
    """Count a marker that may be anywhere or is at `place`."""
    text = evidence.run.text
    spans = matches(check, text)
    if check.forbidden and spans:
        return Result(check, Outcome.FAILED, text[slice(*spans[0])], place=spans[0])
    if check.once and len(spans) > 1:
        return Result(check, Outcome.FAILED, f"it appears {len(spans)} times", place=spans[1])
    if spans or check.forbidden:
        return Result(check, Outcome.PASSED, place=place or (spans[0] if spans else None))
    place = place_of_closest(check, text)
    seen = text[slice(*place)] if place else _instead(check, evidence, len(text), len(text))
    return Result(check, Outcome.FAILED, seen or str(evidence.run), place=place)


def _with_needs(results: Sequence[Result], hole: Optional[OpenTask]) -> list[Result]:
    """Count a check that needs another one only with that one, unless its hole is open."""
    outcome: dict[str, Outcome] = {result.check.id: result.outcome for result in results}
    tasks = {result.check.id: result.check.task for result in results}
    judged = []
    for result in results:
        needed = result.check.needs
        if needed and hole and task_number(tasks[needed]) >= task_number(hole.task):
            needed = ""
        reached = result.outcome is not Outcome.NOT_REACHED
        if needed and outcome[needed] is Outcome.NOT_JUDGED and result.outcome is Outcome.PASSED:
            result = Result(result.check, Outcome.NOT_JUDGED, f"{needed} was not judged")
        elif needed and reached and outcome[needed] is not Outcome.PASSED:
            result = Result(result.check, Outcome.NOT_REACHED, f"{needed} comes first")
            outcome[result.check.id] = result.outcome
        judged.append(result)
    return judged


def _with_proof(results: Sequence[Result]) -> list[Result]:
    """Count only proofs of a task if none of those that count for all of it passes."""
    proofs: dict[str, list[Result]] = {}
    for result in results:
        if result.check.proves and result.check.for_task:
            proofs.setdefault(result.check.task, []).append(result)
    judged = []
    for result in results:
        looks = proofs.get(result.check.task, [])
        if (result.outcome is Outcome.PASSED and not result.check.proves and looks
                and not any(look.points for look in looks)):
            why = f"{looks[0].check.id} comes first, or another look at the machine"
            result = Result(result.check, Outcome.NOT_REACHED, why)
        judged.append(result)
    return judged


def _hold_back(results: Sequence[Result], found: Mapping[Boot, BootResult]) -> list[Result]:
    """Count nothing of an open task or of later tasks.

    Checks of earlier tasks are judged, because those tasks should be done.
    """
    home = open_task(found[Boot()])
    holes = [open_task(found[result.check.boot]) or home for result in results]
    judged = list(results)
    for at, (result, hole) in enumerate(zip(results, holes)):
        if hole and not before(result, hole):
            judged[at] = Result(result.check, Outcome.NOT_REACHED, f"{hole.task} is still open")

    # One check reports the hole: the first of the open task, or else the first of all.
    held = [(at, hole) for at, hole in enumerate(holes) if hole and judged[at].points == 0]
    own = [(at, hole) for at, hole in held if results[at].check.task == hole.task]
    for at, hole in (own or held)[:1]:
        check = results[at].check
        own_boot = open_task(found[check.boot]) == hole
        place = hole.place if own_boot else None
        judged[at] = Result(check, Outcome.FAILED, hole.line, _open_hint(check, hole), place)
    return judged


def without_consequences(results: Sequence[Result], found: Mapping[Boot, BootResult],
                         first: str = "") -> list[Result]:
    """Fail only the first of the checks that saw nothing but how their boot ended.

    `first` is an earlier failure that may explain all of them, if there is one.
    """
    judged = {result.check.id: result for result in results}
    for result in sorted(results, key=lambda result: task_number(result.check.task)):
        if result.outcome is not Outcome.FAILED:
            continue
        if first and _saw_the_end_only(result, found):
            why = f"{first} comes first"
            judged[result.check.id] = replace(result, outcome=Outcome.NOT_REACHED, seen=why)
        first = first or result.check.id
    return list(judged.values())


def _saw_the_end_only(result: Result, found: Mapping[Boot, BootResult]) -> bool:
    """True if a check found none of what it looks for before its boot ended."""
    evidence = found.get(result.check.boot)
    if not isinstance(evidence, Evidence):
        return False
    runs = [evidence.run, *filter(None, [evidence.inspected])]
    return any(str(run) in result.seen for run in runs)


def before(result: Result, hole: OpenTask) -> bool:
    """True if the check belongs to a task before the open one."""
    return task_number(result.check.task) < task_number(hole.task)


def _open_hint(check: Check, hole: OpenTask) -> str:
    lab = task_number(hole.task)[0]
    if lab == check.lab:
        return check.hint
    solved = f", or take it from the solutions with SOLVED={lab}" if has_solution(lab) else ""
    return f"Lab {lab} comes first: finish it{solved}."
