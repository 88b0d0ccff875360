# SPDX-License-Identifier: MIT
"""What lab 6's checks of the machine compute, held against the same counted one by one."""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import product

from grader.labs.check import Evidence
from grader.labs.lab06.drawn import CLASSES, VMS, box, drawn_exits, drawn_mailbox, first_difference
from grader.labs.lab06.machine import wrong_word_is_found, spread
from grader.model.snapshot import Memory, State
from grader.tests.support.made_up import seen


def test_work_is_spread_over_the_words_from_the_first_on() -> None:
    for words, *units in product(range(1, 5), range(9), range(9), range(9)):
        counted = [0] * words
        for piece in units:
            for unit in range(piece):
                counted[unit % words] += 1
        assert spread(units, words) == counted
    assert spread([], 2) == [0, 0]


def flipped(round_2: str, *states: State) -> Evidence:
    evidence = seen(f"[vm1] memwalk_os: round 2, 8192 words, heap {round_2}, 2 faults met\n")
    return replace(evidence, run=replace(evidence.run, states=states))


def test_a_word_that_was_changed_is_to_be_found() -> None:
    state = State("flipped", {})
    assert wrong_word_is_found(flipped("WRONG", state), 1) == ""
    assert "heap ok" in wrong_word_is_found(flipped("ok", state), 1)
    assert "no word of the heap was compared" in wrong_word_is_found(flipped("WRONG"), 1)


def test_what_is_drawn_differs_each_time_in_its_values_alone() -> None:
    boxes = [box(State("end, written", {}, Memory({4096: drawn_mailbox(0)})), 4096)
             for _ in range(2)]
    assert boxes[0] and boxes[1] and boxes[0] != boxes[1] and len(boxes[0]) == len(boxes[1])
    assert len(drawn_exits(0)) == 8 * 67 and drawn_exits(0) != drawn_exits(0)
    counts = [struct.unpack("<67Q", drawn_exits(vm)) for vm in VMS]
    assert all(any(count[ec] for count in counts) for ec in CLASSES)
    assert box(State("end, written", {}, Memory({4096: bytes(4096)})), 4096) is None


def test_the_first_difference_is_named_without_a_drawn_number() -> None:
    assert first_difference({"b": 2, "a": 1}, {"a": 1, "b": 2}, "entries") == ""
    assert first_difference({"a": 1}, {"a": 2}, "entries") == (
        "number 1 of the 1 entries is printed with another value than it has in memory"
    )
    assert first_difference({"a": 1}, {"a": 1, "b": 2},
                            "entries") == "number 2 of the 2 entries is not printed"
    assert first_difference({"a": 1}, {}, "entries") == "1 entries are printed, 0 are in memory"
