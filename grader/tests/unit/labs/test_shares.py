# SPDX-License-Identifier: MIT
"""Schedules judged by shares: made of turns of one slice each, without a machine."""

from __future__ import annotations

import pytest

from grader.labs.lab05.open_task import AFTER_EVENT, SLICE, Member, Set, Turn


def turns(order: str, *after: tuple[int, int]) -> list[Turn]:
    """A turn of one slice for each digit, and what some of them come after."""
    known = dict(after)
    ends = [int(n * SLICE) for n in range(len(order) + 1)]
    return [Turn(low, low, high, int(vcpu), known.get(n, 0))
            for n, (vcpu, low, high) in enumerate(zip(order, ends, ends[1:]))]


def hogs(*shares: int) -> Set:
    return Set(tuple(map(Member, shares)))


@pytest.mark.parametrize("case, order, said", [
    (hogs(1, 1), "01" * 20, ""),
    (hogs(1, 1), "0011" * 10, ""),
    (hogs(3, 1), "0001" * 10, ""),
    (hogs(3, 1), "01" * 20, "with shares 3 and 1 the vCPUs ran 51% and 49% of the time; 75% and"
                            " 25% were due"),
    (hogs(1, 1), "10" * 9 + "1000001111101", "from 1.9 ms to 2.4 ms vCPU 0 ran for 5.0 slices and"
                                             " vCPU 1 for 0.0; 2.5 and 2.5 were due"),
    (hogs(1, 1), "0" * 20, "returns before each vCPU has run"),
])
def test_any_interval_counts(case: Set, order: str, said: str) -> None:
    fault = case.fault(turns(order))
    assert said in fault and bool(said) == bool(fault)


def test_the_shares_of_both_sides_of_an_event_count() -> None:
    case = Set((Member(1, 3, calls=True), Member(1)), 2000)
    event = (20, AFTER_EVENT)
    assert not case.fault(turns("01" * 10 + "0001" * 10, event))
    assert "51% and 49% of the time; 75% and 25% were due" in case.fault(turns("01" * 30, event))


def test_a_sleeper_may_get_less_but_not_more_and_runs_soon() -> None:
    case = Set((Member(1), Member(1, work_us=100, sleep_us=900)))
    slept = int(10.5 * SLICE)
    assert not case.fault(turns("01" + "0" * 9 + "1" + "01" * 3, (11, slept)))
    assert "until 1.1 ms and runs 3.5 slices later; 2 are the limit" in case.fault(
        turns("01" + "0" * 12 + "1" + "01" * 3, (14, slept)))
    assert "vCPU 1 ran for 5.0 slices and vCPU 0 for 0.0" in case.fault(
        turns("01" + "0" * 9 + "11111" + "01" * 3, (11, slept)))
