# SPDX-License-Identifier: MIT
"""The scoreboard: a grading for people.

For each lab a line per check and a paragraph per mistake; at the end the points of each lab,
and what to do next.
"""

from __future__ import annotations

from typing import Optional

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..core.sanitize import shown
from ..grading.cause import Cause
from ..grading.look import Look
from ..grading.run import Grading, LabResult
from ..labs.check import Outcome, Result
from .cause_paragraph import cause_facts, cause_heading, quoted
from .json_report import facts

STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_REACHED: "yellow",
          Outcome.NOT_JUDGED: "bold yellow"}  # fmt: skip


FILE_WIDTH = 110  # columns if the output is not a terminal


def text(grading: Grading, terminal: bool) -> str:
    """Return the scoreboard, for a terminal in colour and in its width."""
    console = Console(
        width=None if terminal else FILE_WIDTH, force_terminal=terminal, highlight=False
    )
    with console.capture() as capture:
        if grading.cause:
            console.print(cause(grading.cause, grading.look))
        for lab in grading.labs:
            console.print(_lab_heading(lab, grading.open_tasks))
            console.print(_lab_lines(lab))
            console.print(_lab_mistakes(lab))
        for note in grading.notes:
            console.print(Text(f"submission: {shown(note)}"))
        if grading.not_judged:
            lost = sum(result.check.points for result in grading.not_judged)
            words = (f"not judged because of an error of the grader: checks of {lost} points, "
                     "not in the total")
            console.print(Text(words, style="bold yellow"))
        if len(grading.labs) > 1:
            console.print(summary(grading))
        kind = "extra " if grading.open_tasks else ""
        total = f"Total: {grading.points} of {grading.maximum} {kind}points"
        console.print(Text(total, style="bold"))
        if step := _next_step(grading):
            console.print(Text(f"next: {step}", style="bold"))
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def early(first: Cause) -> str:
    """The first failure in one line, while the grading is not complete."""
    check = first.result.check
    return f"{check.id}: {check.title}: {shown(quoted(first.result.seen))} (grading continues)"


def cause(first: Cause, look: Optional[Look]) -> Padding:
    """The first cause: a paragraph of a few lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for name, fact in cause_facts(first, look).items():
        table.add_row(name, Text(fact))
    heading = Text(cause_heading(first), style="bold red")
    return Padding(Group(heading, Padding(table, (0, 0, 0, 2))), (0, 0, 1, 0))


def summary(grading: Grading) -> Padding:
    """One line for each lab."""
    outcomes = (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_REACHED)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for _ in ("points", *outcomes):
        table.add_column(justify="right", no_wrap=True)
    table.add_row("lab", "points", *(outcome.value for outcome in outcomes))
    for lab in grading.labs:
        found = [result.outcome for result in lab.results]
        counts = [str(found.count(outcome) or "-") for outcome in outcomes]
        table.add_row(lab.name, f"{lab.points} of {lab.maximum}", *counts)
    return Padding(table, (0, 0, 1, 0))


def _next_step(grading: Grading) -> str:
    """Return what to do first, or nothing if no check failed."""
    if first := grading.cause:
        check = first.result.check
        return f"{check.id}, see the first paragraph; read {check.handout}"
    failed = (r for lab in grading.labs for r in lab.results if r.outcome is Outcome.FAILED)
    result = next(failed, None)
    return f"{result.check.id}, see above; read {result.check.handout}" if result else ""


def _lab_heading(lab: LabResult, is_open_task: bool) -> Text:
    style = "bold green" if lab.points == lab.maximum else "bold"
    name = f"{lab.name}, open task" if is_open_task else lab.name
    return Text(f"Lab {lab.lab}, {name}: {lab.points} of {lab.maximum} points", style=style)


def _lab_lines(lab: LabResult) -> Padding:
    """One line for each check of the lab."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for result in lab.results:
        check = result.check
        table.add_row(
            Text(result.outcome.value, style=STYLES[result.outcome]),
            f"{result.points}/{check.points}",
            check.id,
            Text(check.title),
        )
    return Padding(table, (0, 0, 1, 2))


def _lab_mistakes(lab: LabResult) -> Group:
    """Failed checks in full; one line for equal failures and for checks not reached."""
    alike: dict[str, list[Result]] = {}
    waiting: dict[tuple[str, str], list[Result]] = {}
    for result in lab.results:
        if result.outcome is Outcome.FAILED:
            alike.setdefault(result.seen, []).append(result)
        elif result.outcome is not Outcome.PASSED:
            waiting.setdefault((result.outcome.value, result.seen), []).append(result)
    parts = [_mistake(*results) for results in alike.values()]
    for (outcome, reason), results in waiting.items():
        parts.append(Padding(Text(f"{outcome}: {shown(reason)} ({names(results)})"), (0, 0, 1, 2)))
    return Group(*parts)


def _mistake(first: Result, *others: Result) -> Padding:
    check = first.check
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for name, fact in facts(first).items():
        table.add_row(name, Text(fact))
    if others:
        table.add_row("as well", Text(names(others)))
    heading = Text(f"{check.id}: {check.title}", style="bold")
    return Padding(Group(heading, Padding(table, (0, 0, 0, 2))), (0, 0, 1, 2))


def names(results: list[Result] | tuple[Result, ...]) -> str:
    shown = [result.check.id for result in results[:3]]
    return ", ".join(shown) + (f" and {len(results) - 3} more" if len(results) > 3 else "")
