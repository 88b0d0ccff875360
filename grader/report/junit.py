# SPDX-License-Identifier: MIT
"""The report as JUnit XML for CI systems: a suite per lab, a test case per check.

`pytest grader --junitxml=FILE` writes pytest's own file. `make grade` does not use that
one: it contains the host's name, paths and times, gives all the time to the first check
(one grading serves all checks), and a full disk leaves half a file.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..core.sanitize import short
from ..grading.run import Grading, LabResult
from ..labs.check import Outcome, Result
from .json_report import facts


def as_xml(grading: Grading) -> str:
    root = Element("testsuites", {"name": "Schism Labs", **counts(*grading.labs)})
    for lab in grading.labs:
        suite = SubElement(root, "testsuite", {"name": lab.name, **counts(lab)})
        for result in lab.results:
            _add(suite, lab.name, result)
    indent(root)
    return tostring(root, "unicode", xml_declaration=False) + "\n"


def counts(*labs: LabResult) -> dict[str, str]:
    outcomes = [result.outcome for lab in labs for result in lab.results]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": str(outcomes.count(Outcome.NOT_JUDGED)),
        "skipped": str(outcomes.count(Outcome.NOT_REACHED)),
    }


def _add(suite: Element, lab: str, result: Result) -> None:
    check = result.check
    case = SubElement(suite, "testcase", classname=lab, name=check.id)
    if result.outcome is Outcome.NOT_REACHED:
        SubElement(case, "skipped", message=f"not reached: {short(result.seen)}")
    if result.outcome is Outcome.NOT_JUDGED:
        SubElement(case, "error", message=short(result.seen), type="grader")
    if result.outcome is Outcome.FAILED:
        failure = SubElement(case, "failure", message=check.title, type="check")
        lines = (f"{name:<7} {short(fact)}" for name, fact in facts(result).items())
        failure.text = "\n".join(["", *lines, ""])
