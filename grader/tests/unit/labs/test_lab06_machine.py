# SPDX-License-Identifier: MIT
"""What lab 6's checks of the machine compute, held against the same counted one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from grader.labs.check import Evidence
from grader.labs.lab06.drawn import box, drawn_exits, drawn_mailbox, first_difference
from grader.labs.lab06.machine import a_wrong_word_is_told, spread
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
    assert a_wrong_word_is_told(flipped("WRONG", state), 1) == ""
    assert "heap ok" in a_wrong_word_is_told(flipped("ok", state), 1)
    assert "no word of the heap was compared" in a_wrong_word_is_told(flipped("WRONG"), 1)


def test_what_is_drawn_is_a_mailbox_and_some_exits_and_other_ones_each_time() -> None:
    boxes = [box(State("end, written", {}, Memory({4096: drawn_mailbox()})), 4096) for _ in range(2)]
    assert boxes[0] and boxes[1] and boxes[0] != boxes[1]
    assert len(drawn_exits()) == 8 * 67 and drawn_exits() != drawn_exits()
    assert box(State("end, written", {}, Memory({4096: bytes(4096)})), 4096) is None


def test_the_first_difference_is_told() -> None:
    assert first_difference({"a": 1}, {"a": 1}) == ""
    assert first_difference({"a": 1}, {"a": 2}) == "a is 0x1 in print, 0x2 in memory"
    assert first_difference({"a": 1}, {}) == "a is 0x1 in print, nowhere in memory"
