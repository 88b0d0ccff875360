# SPDX-License-Identifier: MIT
"""The report as one page for a browser: checks with transcripts, registers, tables.

The templates are in templates/. core/sanitize.py and jinja2 escape everything that they
show, because a stage may print anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Optional

try:
    import jinja2
except ImportError:  # grading works without a page
    jinja2 = None  # type: ignore[assignment]

from ..core.sanitize import short
from ..grading.crash import Crash
from ..grading.run import Grading, LabResult
from ..labs.check import Boot, Evidence, Outcome, Result
from .cause_paragraph import cause_facts, cause_heading
from .checkpoints import Checkpoint, checkpoints
from .json_report import facts
from .mappings import Table, tables, most_complete
from .transcript_lines import Line, Row, found_at, rows_of

MISSING = "jinja2 is missing: run ./setup.sh"
TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Transcript:
    """What one boot printed, with the results of its checks."""

    boot: Boot
    id: str  # the prefix of its anchors
    rows: list[Row]
    ending: str  # in words
    failed: list[Result]

    @cached_property
    def links(self) -> dict[str, tuple[str, str]]:
        """Return where the result of each check is: a description and the anchor."""
        found = found_at(self.rows)
        return {check: (words, f"{self.id}-{end}") for check, (words, end) in found.items()}

    @property
    def is_empty(self) -> bool:
        return not any(isinstance(row, Line) and row.number for row in self.rows)


@dataclass(frozen=True)
class Machine:
    """Registers and tables of an inspected boot."""

    checkpoints: list[Checkpoint]
    at: str  # the checkpoint at which the tables were read
    tables: list[Table]


@dataclass(frozen=True)
class Lab:
    """A lab as the page shows it."""

    result: LabResult
    usual: Optional[Transcript]
    error: str  # why there is no usual boot
    others: list[Transcript]  # of boots with a failed check
    machine: Optional[Machine]

    @property
    def tasks(self) -> Iterator[tuple[str, list[Result]]]:
        for task, results in groupby(self.result.results, key=lambda result: result.check.task):
            yield task, list(results)

    def link(self, result: Result) -> Optional[tuple[str, str]]:
        """Return where in the transcripts a result is: a description and the anchor."""
        transcripts = [self.usual, *self.others] if self.usual else self.others
        links = (t.links.get(result.check.id) for t in transcripts if t.boot == result.check.boot)
        return next(links, None)

    @property
    def first_failed(self) -> Optional[Result]:
        """The check to work on first."""
        failed = (r for r in self.result.results if r.outcome is Outcome.FAILED)
        return next(failed, None)

    def count(self, outcome: Outcome) -> int:
        return sum(result.outcome is outcome for result in self.result.results)


def _lab_of(result: LabResult) -> Lab:
    found = result.evidence
    wrong = dict.fromkeys(boot for r in result.results if r.outcome is Outcome.FAILED
                          for boot in r.check.boots)
    others = [
        transcript(result, boot, evidence, f"lab{result.lab:02}-boot{number}")
        for number, boot in enumerate(wrong)
        if boot != Boot() and isinstance(evidence := found.get(boot), Evidence)
    ]
    usual = found.get(Boot(), "it was not booted")
    if not isinstance(usual, Evidence):
        error = usual.line if isinstance(usual, Crash) else usual
        return Lab(result, None, short(error), others, None)
    shown = transcript(result, Boot(), usual, f"lab{result.lab:02}")
    return Lab(result, shown, "", others, machine(result, usual))


def transcript(lab: LabResult, boot: Boot, evidence: Evidence, anchor: str) -> Transcript:
    run = evidence.run
    results = [result for result in lab.results if result.check.boot == boot]
    where = f", in {run.where}" if run.where else ""
    ending = f"The machine {run.ending.value}{where}."
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    return Transcript(boot, anchor, rows_of(run.text, results), short(ending), failed)


def machine(lab: LabResult, evidence: Evidence) -> Optional[Machine]:
    if not evidence.inspected:
        return None
    states, names = evidence.inspected.states, lab.symbols
    state = most_complete(states, names)
    return Machine(
        checkpoints(states, names, lab.results),
        short(state.name) if state else "",
        tables(state, names) if state else [],
    )


def _first_alike(lab: LabResult) -> Mapping[str, str]:
    """Map each failed check to the first check of the lab that failed with the same text."""
    first: dict[str, str] = {}
    return {
        result.check.id: first.setdefault(result.seen, result.check.id)
        for result in lab.results
        if result.outcome is Outcome.FAILED
    }


def as_html(grading: Grading) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short
    environment.globals.update(
        facts=facts, first_alike=_first_alike, Outcome=Outcome, usual=Boot(),
        cause_facts=cause_facts, cause_heading=cause_heading,
    )
    template = environment.get_template("report.html.j2")
    return template.render(grading=grading, labs=[_lab_of(lab) for lab in grading.labs])
