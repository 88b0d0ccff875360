# SPDX-License-Identifier: MIT
"""`make grade`: the pytest suite with the scoreboard in place of pytest's own output.

Options: those of conftest.py, and -k of pytest. Exit status: 0 full marks, 1 points were
lost, 2 no score, 3 some checks were not judged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .core.kit import GraderError
from .core.sanitize import short


class OneLine:
    """Print one line if a grading ends before there is a score."""

    crashed = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        by_us = isinstance(excinfo.value, pytest.exit.Exception)
        why = short(str(excinfo.value)) if by_us else "interrupted"
        print(f"grade: {why}", file=sys.stderr)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self.crashed = True
        by_us = isinstance(excinfo.value, GraderError)  # a mistake in a course's file
        why = excinfo.value if by_us else f"the grader crashed: {excinfo.exconly()}"
        print(f"grade: {short(str(why))}", file=sys.stderr)
        return True


def main(argv: list[str]) -> int:
    for name in [name for name in os.environ if name.startswith("PYTEST")]:
        del os.environ[name]  # options and plugins for other projects of the user
    # A relative path: pytest reads [1] in a path as parameters.
    folder = os.path.relpath(Path(__file__).parent)
    plugin = OneLine()
    status = pytest.main(["-p", "no:terminal", folder, *argv], plugins=[plugin])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("grade: there is no such check", file=sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe; prevent an error when Python flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status) if status in (0, 1, 3) and not plugin.crashed else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
