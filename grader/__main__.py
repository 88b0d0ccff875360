# SPDX-License-Identifier: MIT
"""`make grade`: the pytest suite with the scoreboard in place of pytest's own output.

Takes the options of conftest.py and pytest's -k. Exit status: 0 all is right,
1 points were lost, 2 there is no score.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


class Words:
    """Says in one line what ended a grading before there was a score."""

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        by_us = isinstance(excinfo.value, pytest.exit.Exception)
        print(f"grade: {excinfo.value if by_us else 'interrupted'}", file=sys.stderr)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        print(f"grade: the grader crashed: {excinfo.exconly()}", file=sys.stderr)
        return True


def main(argv: list[str]) -> int:
    folder = str(Path(__file__).parent)
    status = pytest.main(["-p", "no:terminal", folder, *argv], plugins=[Words()])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("grade: there is no such check", file=sys.stderr)
    return int(status) if status in (0, 1) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
