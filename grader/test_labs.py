# SPDX-License-Identifier: MIT
"""The grading as pytest sees it: an item a check."""

from __future__ import annotations

import pytest

from .check import Check, Outcome
from .grading import Grading
from .report import facts
from .visible import short


def test_check(check: Check, grading: Grading) -> None:
    result = grading.result(check.id)
    if result.outcome is Outcome.NOT_REACHED:
        pytest.skip(f"not reached: {short(result.seen)}")
    if result.outcome is Outcome.NOT_JUDGED:
        pytest.fail(f"not judged: {short(result.seen)}", pytrace=False)
    if result.outcome is Outcome.FAILED:
        lines = [check.title, *(f"    {name:<7} {text}" for name, text in facts(result).items())]
        pytest.fail("\n".join(lines), pytrace=False)
