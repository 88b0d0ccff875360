# SPDX-License-Identifier: MIT
"""The verdict of `hyp vgic` on the guests' timer."""

from __future__ import annotations

import pytest

from grader.model.timer_verdict import timer_verdict

PENDING, HW = 1 << 62, 1 << 61 | 27 << 32


@pytest.mark.parametrize(
    ("enabled", "active", "lr0", "words"),
    [
        (False, True, 0, "is disabled"),
        (True, False, 0, "is not active"),
        (True, True, None, "no vCPU is loaded: nothing will deactivate it"),
        (True, True, 0, "LR0 was free when vm0 was loaded: unless vgic_timer() has filled it"),
        (True, True, PENDING | 27, "LR0 of vm0 has no HW bit"),
        (True, True, PENDING | 1 << 61 | 26 << 32 | 27, "LR0 of vm0 has no HW bit with that PPI"),
        (True, True, PENDING | HW | 27, "the guest's EOI deactivates it"),
    ],
)
def test_the_verdict_names_what_deactivates_the_timer(
    enabled: bool, active: bool, lr0: int | None, words: str
) -> None:
    assert words in timer_verdict(enabled, active, "vm0", lr0)
