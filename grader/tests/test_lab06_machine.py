# SPDX-License-Identifier: MIT
"""What lab 6's checks of the machine compute, held against the same counted one by one."""

from __future__ import annotations

from itertools import product

from grader.labs.lab06_machine import spread


def test_work_is_spread_over_the_words_from_the_first_on() -> None:
    for words, *units in product(range(1, 5), range(9), range(9), range(9)):
        counted = [0] * words
        for piece in units:
            for unit in range(piece):
                counted[unit % words] += 1
        assert spread(units, words) == counted
    assert spread([], 2) == [0, 0]
