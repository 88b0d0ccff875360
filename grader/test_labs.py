# SPDX-License-Identifier: MIT
"""The grading as pytest sees it: an item a check."""

from __future__ import annotations

import pytest

from .core.sanitize import short
from .grading.run import Grading
from .labs.check import Check, Outcome
from .report.json_report import facts


def test_check(check: Check, grading: Grading) -> None:
    result = grading.result(check.id)
    if result.outcome is Outcome.NOT_REACHED:
        pytest.skip(f"not reached: {short(result.seen)}")
    if result.outcome is Outcome.NOT_JUDGED:
        pytest.fail(f"not judged: {short(result.seen)}", pytrace=False)
    if result.outcome is Outcome.FAILED:
        lines = [check.title, *(f"    {name:<7} {text}" for name, text in facts(result).items())]
        pytest.fail("\n".join(lines), pytrace=False)
