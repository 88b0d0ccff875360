# SPDX-License-Identifier: MIT
"""The models of lab 5's contracts: what they report, and what they accept."""

from __future__ import annotations

import random

import pytest

from grader.labs.lab05.contracts import (
    ACTIVE, CONTRACTS, ENABLE, EN, KEYS, NEVER, PENDING, SOFTWARE, UIE, Lists, PartMoves, Timer,
    Wakes,
)  # fmt: skip
from grader.qemu.boot import Ending, Run
from grader.qemu.call_script import CALL, EVENT, Record, Result, Results, Script

CASE = Lists(0, ())


def lists(lr1: int, lr2: int = 0, waiting: int = 0, control: int = EN, lr0: int = 0) -> tuple[int,
                                                                                              ...]:
    return lr0, lr1, lr2, waiting, control


def one(intid: int, state: int = PENDING) -> int:
    return state | SOFTWARE | intid


@pytest.mark.parametrize(
    ("wanted", "pending", "active", "seen"),
    [
        ("", {3}, set(), lists(one(3))),
        ("", {3}, set(), lists(0, one(3))),
        ("", {3}, {3}, lists(one(3, PENDING | ACTIVE))),
        ("", {3, 4, 5}, set(), lists(one(3), one(4), 1 << 5, EN | UIE)),
        ("INTID 3 is in both list registers", {3}, {3}, lists(one(3, ACTIVE), one(3))),
        ("INTID 3 is not active any more", {3}, {3}, lists(one(3))),
        ("INTID 3 is not pending any more", {3}, set(), lists(0)),
        ("INTID 4 is pending", {3}, set(), lists(one(3), one(4))),
        ("INTID 3 is pending in list register 1 and also waits", {3}, set(),
         lists(one(3), 0, 1 << 3, EN | UIE)),
        ("INTID 5 waits while a list register is free", {3, 5}, set(),
         lists(one(3), 0, 1 << 5, EN | UIE)),
        ("INTID 3 waits, but it is active in list register 1", {3, 4}, {3},
         lists(one(3, ACTIVE), one(4), 1 << 3, EN | UIE)),
        ("ICH_HCR_EL2 is 0x1 while INTID 5 waits", {3, 4, 5}, set(), lists(one(3), one(4), 1 << 5)),
        ("ICH_HCR_EL2 is 0x3 while INTID none waits", {3}, set(), lists(one(3), 0, 0, EN | UIE)),
        ("list register 0, the timer's, is 0x1", set(), set(), lists(0, lr0=1)),
        ("list register 1 is 0x4000000000000003", {3}, set(), lists(PENDING | 3)),
    ],
)  # fmt: skip
def test_list_registers(wanted: str, pending: set[int], active: set[int],
                        seen: tuple[int, ...]) -> None:
    fault = CASE.fault((pending, active), "raise", seen)
    assert fault.startswith(wanted) and bool(fault) == bool(wanted)


def test_between_refills_an_interrupt_may_wait() -> None:
    """The maintenance interrupt comes later."""
    assert CASE.fault(({5}, set()), "end", lists(0, 0, 1 << 5, EN | UIE)) == ""


def test_what_wakes_is_pending_and_let_through() -> None:
    assert Wakes((0, one(3), 0), True, 0xA8).wakes
    assert Wakes((0, 0, 0), True, 0xA8, waiting=1).wakes
    assert not Wakes((0, one(3), 0), True, 0xA0).wakes
    assert not Wakes((0, one(3), 0), False, 0xA8).wakes
    assert not Wakes((0, one(3, ACTIVE), 0), True, 0xA8).wakes


def test_a_deadline_is_unsigned_and_has_a_horizon() -> None:
    assert Timer(500, ENABLE, 100).deadline(now=300, horizon=1000) == 600
    assert Timer(200, ENABLE, 100).deadline(now=300, horizon=1000) == 300
    assert Timer(1200, ENABLE, 100).deadline(now=300, horizon=1000) == 1300
    assert Timer(1201, ENABLE, 100).deadline(now=300, horizon=1000) == NEVER
    assert Timer(1 << 63).deadline(now=300, horizon=1000) == NEVER
    assert Timer(0, 0).deadline(now=300, horizon=1000) == NEVER


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_draws_are_the_same_in_every_grading(contract: object) -> None:
    draw = contract.draw  # type: ignore[attr-defined]
    first, second = ([*draw(random.Random("a seed"))] for _ in range(2))
    assert first == second and first


FUNCTIONS = ["lab05_mark", "lab05_fill", "lab05_registers", "lab05_save", "lab05_load",
             "lab05_outside"]


def test_a_part_that_loses_a_register_or_writes_elsewhere_is_named() -> None:
    script = Script({name: at for at, name in enumerate(FUNCTIONS)})
    judge = PartMoves(KEYS, (tuple(range(10)), tuple(range(10, 20))), (1, 2)).write(script)
    names = [FUNCTIONS[CALL.unpack(call)[0]] for call in script.calls]
    last = max(at for at, name in enumerate(names) if name == "lab05_registers")

    def results(loaded: int = 3, outside: tuple[Record, ...] = ()) -> Results:
        records = {"lab05_registers": (Record(EVENT, (3,) * 10),), "lab05_outside": outside}
        returned = [Result(0, 0, records.get(name, ())) for name in names]
        returned[last] = Result(0, 0, (Record(EVENT, (loaded,) * 10),))
        return Results(Run(b"", "", Ending.OFF), returned, len(names))

    assert judge(results()) == ""
    assert "APIAKEYLO_EL1 was 0x3 when saved and is 0x5 after" in judge(results(loaded=5))
    assert "the word at 0x1d0 of a struct context" in judge(results(outside=(Record(EVENT,
                                                                                    (0x1D0, 7)),)))
