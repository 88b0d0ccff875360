# SPDX-License-Identifier: MIT
"""Functions judged by their contracts: cases drawn from a fixed seed, compared with a model.

A `Case` is a short sequence of operations. It writes itself into a script (qemu/call_script.py) and
returns a judge, which compares the machine's results with the contract. All cases of a lab run in
one boot. Python's generator gives the same draws for a seed in every version, so a submission
gets the same score everywhere.

A case that fails is shrunk: each round runs all cases of `simpler()` in one boot, and continues
with the first of them that still fails.

    class MapTwice(Case):
        def write(self, script):
            script.about = "pt_map(0x1000, ...)"      # named if a call does not return
            first = script.call("pt_map", ...)
            def judge(results):                       # what is wrong, in words, or nothing
                return "" if results[first].error == 0 else f"returns {results[first].error}"
            return judge

    CONTRACTS = (Contract("lab02.3.ranges", draw_cases, setup=tables_of_its_own), ...)

checks.py of a lab has `CONTRACTS` and a check for each: kept() in contract_checks.py.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Optional

from ..model.elf import symbols
from ..qemu.boot import Ending, Run
from ..qemu.call_script import Results, Script, Unfinished

SEED = "Schism Labs"
ROUNDS = 12  # of shrinking: each is a boot
AT_ONCE = 60  # simpler cases in a round

# Returns what is wrong; nothing if the contract is kept.
Judge = Callable[[Results], str]


class Case(ABC):
    """A sequence of operations on fresh objects, which restores the machine."""

    @abstractmethod
    def write(self, script: Script) -> Judge:
        """Add the calls to a script; return the judge of their results."""

    def simpler(self) -> Iterable[Case]:
        """Shorter or simpler cases, the simplest first."""
        return ()


def nothing(script: Script) -> None:
    """No set-up."""


@dataclass(frozen=True)
class Contract:
    """What some functions promise. Contracts may share a `setup`, which is written once.

    Those with `make` are tested only in the scripted boot that has these variables of make.
    """

    name: str
    draw: Callable[[random.Random], Sequence[Case]]
    setup: Callable[[Script], None] = nothing
    make: tuple[str, ...] = ()

    @property
    def cases(self) -> Sequence[Case]:
        return drawn(self)


@lru_cache(maxsize=None)
def drawn(contract: Contract) -> Sequence[Case]:
    """The cases of a contract: the same in every grading."""
    return tuple(contract.draw(random.Random(f"{SEED} {contract.name}")))


# Boot with a script.
Boot = Callable[[Script], Results]


@dataclass(frozen=True)
class Verdicts:
    """The fault of each contract by name: empty if it is kept, missing if it was not reached."""

    run: Run
    faults: dict[str, str]


def verdicts(image: Path, contracts: Sequence[Contract], boot: Boot) -> Verdicts:
    """Judge every contract of a lab, in one boot if all are kept."""
    names = symbols(image.read_bytes())
    faults: dict[str, str] = {}
    first: Optional[Run] = None
    waiting = list(contracts)
    while waiting:
        trial = Trial(names, boot)
        for contract in waiting:
            trial.add(contract.setup, contract.cases)
        results = trial.run()
        first = first or results.run
        if "[todo] " in results.run.text:
            # grading/evaluate.py reports the open hole
            first, waiting = results.run, waiting[: trial.complete]
        done = trial.complete + 1  # the contract in which the script stopped has failed
        for contract, said in zip(waiting[:done], trial.faults()):
            at = next((at for at, fault in enumerate(said) if fault), None)
            faults[contract.name] = "" if at is None else _shrunk(names, boot, contract, at,
                                                                  said[at])
        waiting = waiting[done:]
    assert first
    return Verdicts(first, faults)


def _shrunk(names: dict[str, int], boot: Boot, contract: Contract, at: int, fault: str) -> str:
    """Return the fault of the simplest failing case that was found."""
    case = contract.cases[at]
    for _ in range(ROUNDS):
        candidates = list(case.simpler())[:AT_ONCE]
        if not candidates:
            break
        trial = Trial(names, boot)
        trial.add(contract.setup, candidates)
        results = trial.run()
        found = next(((c, said) for c, said in zip(candidates, trial.faults()[0]) if said), None)
        if found:
            case, fault = found
        if not found or results.run.ending is not Ending.OFF:  # an endless boot takes long
            break
    return fault


class Trial:
    """Cases for one boot."""

    def __init__(self, names: dict[str, int], boot: Boot) -> None:
        self.script = Script(names)
        self.boot = boot
        self.setups: list[Callable[[Script], None]] = []
        self.groups: list[list[tuple[Judge, int]]] = []  # with the number of calls up to its end
        self.results: Optional[Results] = None

    def add(self, setup: Callable[[Script], None], cases: Sequence[Case]) -> None:
        if setup not in self.setups:
            self.setups.append(setup)
            setup(self.script)
        group = []
        for case in cases:
            judge = case.write(self.script)
            group.append((judge, len(self.script.calls)))
        self.groups.append(group)

    def run(self) -> Results:
        self.results = self.boot(self.script)
        return self.results

    @property
    def complete(self) -> int:
        """The number of groups that ran to their end."""
        assert self.results
        count = len(self.results.returned)
        return sum(group[-1][1] <= count for group in self.groups)

    def faults(self) -> list[list[str]]:
        """The fault of each case of each group, as far as the script ran."""
        return [[self.fault(judge) for judge, _ in group] for group in self.groups]

    def fault(self, judge: Judge) -> str:
        assert self.results
        try:
            return judge(self.results)
        except Unfinished:
            about = self.script.abouts[len(self.results.returned)]
            return f"{about}: {self.results.stopped}"
