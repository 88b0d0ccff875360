# SPDX-License-Identifier: MIT
"""Contracts: cases in one boot, verdicts on each, and counterexamples that are made short."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import pytest

from grader.labs.contract import Case, Contract, Judge, verdicts
from grader.qemu.boot import Ending, Run
from grader.qemu.call_script import CALL, Result, Results, Script


@dataclass(frozen=True)
class Sum(Case):
    """The machine should return the sum. This one stops at 100 and dies at 1000."""

    terms: tuple[int, ...]

    def write(self, script: Script) -> Judge:
        script.about = f"sum{self.terms}"
        calls = [script.call(0, term) for term in self.terms]

        def judge(results: Results) -> str:
            seen = sum(results[call].x0 for call in calls)
            return "" if seen == sum(self.terms) else f"sum{self.terms} is {seen}"

        return judge

    def simpler(self) -> Iterable[Case]:
        for at in range(len(self.terms)):
            yield Sum(self.terms[:at] + self.terms[at + 1 :])
        for at, term in enumerate(self.terms):
            yield Sum((*self.terms[:at], term // 2, *self.terms[at + 1 :]))


class Plain(Sum):
    """A sum that is as simple as it can be."""

    def simpler(self) -> Iterable[Case]:
        return ()


@dataclass
class Machine:
    """Calls that return their argument, up to 100; at 1000 it stops."""

    boots: int = 0
    says: str = ""

    def __call__(self, script: Script) -> Results:
        self.boots += 1
        returned = []
        for call in script.calls:
            term = CALL.unpack(call)[1]
            if term >= 1000:
                break
            returned.append(Result(min(term, 100), 0))
        text = self.says or "[panic] no number\n"
        return Results(Run(text.encode(), "", Ending.OFF), returned, len(script.calls))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An ELF file without sections."""
    path = tmp_path / "image"
    path.write_bytes(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01", *[0] * 13))
    return path


def contract(name: str, *cases: Case) -> Contract:
    def draw(rng: random.Random) -> Sequence[Case]:
        return cases

    return Contract(name, draw)


def found(image: Path, *contracts: Contract, machine: Optional[Machine] = None) -> dict[str, str]:
    return verdicts(image, contracts, machine or Machine()).faults


def test_all_that_is_kept_takes_one_boot(image: Path) -> None:
    machine = Machine()
    two = [contract("a", Sum((1, 2)), Sum((3,))), contract("b", Sum((100,)))]
    assert found(image, *two, machine=machine) == {"a": "", "b": ""}
    assert machine.boots == 1


def test_a_counterexample_is_made_short(image: Path) -> None:
    machine = Machine()
    said = found(image, contract("a", Sum((1, 2, 3, 850, 5, 6))), contract("b", Sum((7,))),
                 machine=machine)
    assert said == {"a": "sum(106,) is 100", "b": ""}
    assert machine.boots < 15


def test_a_machine_that_stops_fails_that_contract_and_no_other(image: Path) -> None:
    three = [contract("a", Plain((1,))), contract("b", Plain((2, 1000))),
             contract("c", Plain((3, 400)))]
    said = found(image, *three)
    assert said == {"a": "", "b": "sum(2, 1000): [panic] no number", "c": "sum(3, 400) is 103"}


def test_what_comes_after_an_open_hole_is_not_judged(image: Path) -> None:
    machine = Machine(says="[todo] TODO(lab02.4): write it\n")
    two = [contract("a", Sum((1,))), contract("b", Sum((1000,))), contract("c", Sum((2,)))]
    assert found(image, *two, machine=machine) == {"a": ""}


def test_draws_are_the_same_each_time() -> None:
    def draw(rng: random.Random) -> Sequence[Case]:
        return [Sum((rng.randrange(1000),))]

    assert Contract("x", draw).cases == Contract("x", draw).cases
    assert Contract("x", draw).cases != Contract("y", draw).cases
