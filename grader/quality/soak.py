# SPDX-License-Identifier: MIT
"""make soak: grade many times with every core busy, and report results that differ.

There is always one grading more than cores, so each has to wait at times. A report does not depend
on host or time, so equal gradings are equal files. If a file differs, a check depends on the load
of the host; it is named. Exit status: 0 all are equal, 1 not, 2 a grading gave no score.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from ..commands.stage import command
from ..core.kit import KIT, GraderError
from ..core.parallel import WORKERS, run_parallel
from ..grading.build import outer_variables

Report = dict[str, Any]


def grade(solved: int, build: Path) -> str:
    """Grade once, in a separate process like a user's grading; return the report."""
    report = build / "grade/report.json"
    argv = [sys.executable, "-m", "grader", "--solved", str(solved)]
    argv += ["--build", str(build), "--report", str(report)]
    argv += [word for variable in outer_variables() for word in ("--make", variable)]
    done = subprocess.run(
        argv, cwd=KIT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False,
    )
    if done.returncode not in (0, 1):
        raise GraderError((done.stderr.strip().splitlines() or ["a grading gave no score"])[-1])
    return report.read_text("utf-8")


def gradings(times: int, solved: int, home: Path) -> list[str]:
    """Return the reports."""
    console = Console(stderr=True, quiet=not sys.stderr.isatty())
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("gradings", total=times)
        return run_parallel(
            range(times),
            lambda build, _: grade(solved, build),
            [home / str(number) for number in range(WORKERS)],
            lambda _: progress.advance(bar),
            lambda: None,  # Ctrl-C reaches each grading by itself
        )


def checks(report: str) -> dict[str, Report]:
    return {check["id"]: check for lab in json.loads(report)["labs"] for check in lab["checks"]}


def _differences(first: str, other: str) -> list[str]:
    """A line for each check that has another result in another grading."""
    one, two = checks(first), checks(other)
    return [
        f"{name}: {one[name]['result']} at first, then {two[name]['result']}: "
        f"{two[name]['seen'] or one[name]['seen']}"
        for name in one
        if one[name] != two[name]
    ]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="gradings")
    parser.add_argument("--solved", type=int, default=0, help="labs to take from solutions/")
    parser.add_argument("--build", type=Path, default=KIT / "build", help="where to build")
    options = parser.parse_args(argv)
    if options.times < 2:
        parser.error(f"--times {options.times}: give 2 or more")
    reports = gradings(options.times, options.solved, options.build.resolve() / "soak")
    score = json.loads(reports[0])
    odd = [(at, report) for at, report in enumerate(reports, 1) if report != reports[0]]
    for at, report in odd:
        for line in _differences(reports[0], report) or ["the reports differ"]:
            print(f"soak: grading {at}: {line}")
    same = len(reports) - len(odd)
    points = f"{score['total']} of {score['maximum']} points"
    print(f"{same} of {len(reports)} gradings, every core busy: {points}")
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(command("soak", main))
