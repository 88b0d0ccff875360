# SPDX-License-Identifier: MIT
"""`make grade`: the pytest suite with the scoreboard in place of pytest's own output.

Takes the options of conftest.py and pytest's -k. Exit status: 0 all is right,
1 points were lost, 2 there is no score, 3 there is one, but not all was judged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .core.sanitize import short


class Words:
    """Says in one line what ended a grading before there was a score."""

    crashed = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        by_us = isinstance(excinfo.value, pytest.exit.Exception)
        why = short(str(excinfo.value)) if by_us else "interrupted"
        print(f"grade: {why}", file=sys.stderr)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self.crashed = True
        print(f"grade: the grader crashed: {short(excinfo.exconly())}", file=sys.stderr)
        return True


def main(argv: list[str]) -> int:
    for name in [name for name in os.environ if name.startswith("PYTEST")]:
        del os.environ[name]  # options and plugins of the user's other projects
    # Relative, since pytest takes [1] in a path for parameters.
    folder = os.path.relpath(Path(__file__).parent)
    words = Words()
    status = pytest.main(["-p", "no:terminal", folder, *argv], plugins=[words])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("grade: there is no such check", file=sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away; Python's own flush would complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status) if status in (0, 1, 3) and not words.crashed else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
