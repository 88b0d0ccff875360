# SPDX-License-Identifier: MIT
"""Gradescope: grade /autograder/submission in its container, and write results.json.

Gradescope unpacks the zip of `make gradescope` to /autograder/source, runs its setup.sh once for
an image, and run_autograder in a new container for each submission. A container has no user
namespaces, so there is no sandbox here. It belongs to one submission, and the zip holds no
solution. The format is that of "Autograder Specifications" in Gradescope's documentation.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..core import atomic_write
from ..core.kit import GraderError
from ..core.process import Nursery
from ..core.sanitize import shown
from ..core.starters import starters
from ..grading.build import Place
from ..grading.run import Grading, Options, grade
from ..grading.submission import lay_out, read
from ..labs import tables
from ..labs.check import Outcome, Result
from ..report.json_report import facts

VISIBILITY = ("visible", "hidden", "after_due_date", "after_published")


def results(grading: Grading, visibility: str = "visible", seconds: float = 0.0) -> dict[str, Any]:
    """Return a grading as results.json. Lines about checks that were lost say why."""
    scored = {"score": grading.points} if not grading.not_judged else {}
    return {
        **scored,
        "execution_time": round(seconds),
        "output": "\n".join(_summary(grading)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(result, visibility) for lab in grading.labs for result in lab.results],
        "extra_data": {"labs": {lab.name: [lab.points, lab.maximum] for lab in grading.labs}},
    }


def _summary(grading: Grading) -> list[str]:
    lines = [f"{lab.name}: {lab.points} of {lab.maximum} points" for lab in grading.labs]
    if cause := grading.cause:
        lines += ["", f"First: {cause.result.check.id}: {cause.result.check.title}",
                  shown(cause.likely), shown(cause.place)]
    return [*lines, *map(shown, grading.notes)]


def _test(result: Result, visibility: str) -> dict[str, Any]:
    check = result.check
    passed = result.outcome is Outcome.PASSED
    lines = [] if passed else [result.outcome.value,
                               *(f"{name}: {text}" for name, text in facts(result).items())]
    return {
        "name": f"{check.id}: {check.title}",
        "name_format": "text",
        "number": check.task.removeprefix("lab0"),
        "score": result.points,
        "max_score": check.points,
        "status": "passed" if passed else "failed",
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": visibility,
        "tags": [f"lab{check.lab:02}"],
    }


def refused(why: str) -> dict[str, Any]:
    """Return the results of a submission in which there is nothing to grade."""
    return {"score": 0, "output": shown(why), "output_format": "text", "visibility": "visible",
            "tests": []}


def run(submission: Path, work: Path, labs: tuple[int, ...], visibility: str) -> dict[str, Any]:
    """Grade. Raise GraderError for what is not the student's fault."""
    began, nursery, texts = time.monotonic(), Nursery(), starters()
    scratch, tree = work / "handed-in", work / "kit"
    scratch.mkdir()
    try:
        handed = read([submission], texts, 0, scratch, nursery, safe=False)
    except GraderError as error:
        return refused(str(error))
    tree.mkdir()
    lay_out(handed, texts, tree, 0)
    graded = grade(Options(labs or tuple(tables()), build=tree / "build", place=Place(tree)),
                   nursery)
    graded = Grading(graded.solved, graded.labs, handed.notes, graded.cause)
    if graded.not_judged:
        names = ", ".join(result.check.id for result in graded.not_judged)
        raise GraderError(f"not judged because of an error of the grader: {names}")
    return results(graded, visibility, time.monotonic() - began)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run_autograder", description=__doc__)
    parser.add_argument("--autograder", type=Path, default=Path("/autograder"))
    parser.add_argument("--lab", action="append", type=int, default=[])
    parser.add_argument("--visibility", choices=VISIBILITY, default="visible")
    options = parser.parse_args(argv)
    home = options.autograder
    try:
        with tempfile.TemporaryDirectory(prefix="grading-") as work:
            found = run(home / "submission", Path(work), tuple(options.lab), options.visibility)
        (home / "results").mkdir(exist_ok=True)
        atomic_write.write(home / "results/results.json", json.dumps(found, indent=1) + "\n")
    except (GraderError, OSError) as error:
        # Without results.json Gradescope gives no score and shows that the autograder failed.
        print(f"run_autograder: no score: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
