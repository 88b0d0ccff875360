# SPDX-License-Identifier: MIT
"""The grader's own guests say what they do, and a report of a check with one repeats it."""

from __future__ import annotations

import pytest

from grader.labs import tables
from grader.labs.check import Boot, Check, Outcome, Result
from grader.labs.guests import FOLDER, booted, described, purpose
from grader.report.json_report import facts

NAMES = sorted(path.stem for path in FOLDER.iterdir() if path.suffix in ("", ".c"))
HOSTILE = Boot(make=("ROUNDS=2", "GUESTS=counter_os hostile bad_mailbox hostile"))


def check(title: str, boot: Boot = HOSTILE) -> Check:
    return Check("lab06.6.name", 1, title, "A hint.", line="A line.", boot=boot)


@pytest.mark.parametrize("name", NAMES)
def test_a_guest_says_in_a_line_what_it_does(name: str) -> None:
    assert 20 < len(purpose(name)) < 130 and purpose(name)[0].isupper()


def test_guests_of_a_lab_are_not_the_graders() -> None:
    assert booted(HOSTILE) == ["hostile", "bad_mailbox"]
    assert booted(Boot()) == []


def test_a_check_is_described_by_the_guests_that_it_names() -> None:
    assert described(check("The keys of bad_mailbox are hidden")).startswith("bad_mailbox (grader/")
    assert described(check("All of it is the same")).count("\n") == 1
    assert described(check("A title", Boot())) == ""


def test_a_failed_check_shows_its_guests() -> None:
    result = Result(check("bad_mailbox is refused"), Outcome.FAILED, "a key")
    assert facts(result)["guests"] == (
        "bad_mailbox (grader/guests/bad_mailbox.c): "
        "Leave a well-formed mailbox with seven keys that must not be printed and a good one"
    )


def test_each_guest_that_a_check_boots_exists() -> None:
    checks = [check for table in tables().values() for check in table]
    assert {name for check in checks for name in booted(check.boot)} <= set(NAMES)
