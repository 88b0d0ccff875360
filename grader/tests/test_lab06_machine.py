# SPDX-License-Identifier: MIT
"""What lab 6's checks of the machine compute, held against the same counted one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from support import seen

from grader.check import Evidence
from grader.labs.lab06_machine import a_wrong_word_is_told, spread
from grader.state import State


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
