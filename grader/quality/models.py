# SPDX-License-Identifier: MIT
"""make models: check the models of beyond/ with spin, in every state that they can reach.

Each run looks for violated assertions and for states in which all processes are stuck; then,
with weak fairness, for cycles in which the property `progress` fails. With --mutants it then
changes the models by the rows of model_mutants.py, and spin must refute each.
Exit status: 0 if all is as it should be, 1 if not, 2 if a tool is missing or fails.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT, GraderError
from .model_mutants import MUTANTS, ModelMutant

DEPTH = 3_000_000  # steps: spin says so if a path is longer
SECONDS = 600

SAFETY, PROGRESS = "safety", "progress"
# How pan is compiled and run for each kind. NFAIR has room for 13 processes.
COMPILE = {SAFETY: ("-DSAFETY", "-DNOCLAIM"), PROGRESS: ("-DNFAIR=2",)}
RUN = {SAFETY: (), PROGRESS: ("-a", "-f", "-N", "progress")}

# By model, the runs: macros that choose what the guests do. Only the first ones are short.
RUNS = {
    "cores/power": ("", "-DENDS"),
    "interrupts/delivery": ("-DWITH_TIMER", "-DWITH_DISABLE", "-DWITH_TIMER -DWITH_DISABLE"),
}
SHORT = {"cores/power": 1, "interrupts/delivery": 2}


@dataclass(frozen=True)
class Outcome:
    """What spin found: the first violation (empty: none), and the number of states."""

    violation: str
    states: int
    seconds: float


def missing_tool() -> str:
    """Return a sentence on what is missing to check a model; empty if nothing is."""
    if not shutil.which("spin"):
        return "spin is missing: run ./setup.sh --dev"
    # spin preprocesses a model with it, whatever compiles the verifier.
    return "" if shutil.which("gcc") else "gcc is missing: run ./setup.sh --dev"


def check(folder: Path, model: str, macros: str, kind: str) -> Outcome:
    """Check a model of `folder` (beyond/, or a copy that may be changed)."""
    source = folder / f"{model}.pml"
    with tempfile.TemporaryDirectory() as place:
        _run(place, "spin", *macros.split(), "-a", str(source))
        options = ("-O1", "-w", "-DCOLLAPSE", *COMPILE[kind])
        _run(place, "gcc", *options, "-o", "pan", "pan.c")
        text = _run(place, "./pan", f"-m{DEPTH}", *RUN[kind])
    return _outcome(text, f"{model} {macros}")


def _run(place: str, *argv: str) -> str:
    try:
        done = subprocess.run(argv, cwd=place, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise GraderError(f"{argv[0]} takes more than {SECONDS} seconds") from None
    text = done.stdout + done.stderr
    # pan ends with a status of its own if it finds an error; spin and the compiler with 0 only.
    if argv[0] != "./pan" and (done.returncode or re.search(r"\bError:", text)):
        raise GraderError(f"{argv[0]} fails: {' '.join(text.split())[-300:]}")
    return text


def _outcome(text: str, name: str) -> Outcome:
    states = re.search(r"(\d+) states, stored", text)
    took = re.search(r"elapsed time ([\d.]+)", text)
    if not states or "max search depth too small" in text or "out of memory" in text:
        raise GraderError(f"{name}: spin did not see all states: {' '.join(text.split())[:300]}")
    found = re.search(r"pan:1: (.*?) \(at depth", text)
    return Outcome(found[1] if found else "", int(states[1]), float(took[1]) if took else 0.0)


def mutate(mutant: ModelMutant, folder: Path) -> Path:
    """Write a copy of beyond/'s models to `folder`, with the mutant's edits. Return it."""
    for source in (KIT / "beyond").glob("*/*.pml"):
        target = folder / source.relative_to(KIT / "beyond")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    path = folder / f"{mutant.model}.pml"
    text = path.read_text()
    for old, new in mutant.edits:
        if text.count(old) != 1:
            raise GraderError(f"{mutant.name}: {text.count(old)} times in {path.name}: {old!r}")
        text = text.replace(old, new)
    path.write_text(text)
    return folder


def check_mutant(mutant: ModelMutant) -> Outcome:
    """Check the property that must refute the mutant."""
    with tempfile.TemporaryDirectory() as place:
        folder = mutate(mutant, Path(place))
        return check(folder, mutant.model, mutant.macros, mutant.kind)


def _lines(mutants: bool) -> Iterator[tuple[bool, str]]:
    """Check all; yield for each check whether it is right, and a line on it."""
    for model, runs in RUNS.items():
        for macros in runs:
            for kind in (SAFETY, PROGRESS):
                found = check(KIT / "beyond", model, macros, kind)
                verdict = found.violation or "holds"
                yield not found.violation, (
                    f"{model:20} {macros:28} {kind:9} {found.states:>10,} states"
                    f" {found.seconds:6.1f} s  {verdict}"
                )
    for mutant in MUTANTS if mutants else ():
        found = check_mutant(mutant)
        verdict = found.violation or "SURVIVES"
        right = mutant.refuted_by in found.violation and bool(found.violation)
        yield right, f"{mutant.model:20} {mutant.name:36} {mutant.kind:9} {verdict[:60]}"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make models")
    parser.add_argument("--mutants", action="store_true")
    options = parser.parse_args(argv)
    problem = missing_tool()
    if problem:
        print(f"models: {problem}", file=sys.stderr)
        return 2
    all_right = True
    try:
        for right, line in _lines(options.mutants):
            print(line, flush=True)
            all_right = all_right and right
    except GraderError as error:
        print(f"models: {error}", file=sys.stderr)
        return 2
    return 0 if all_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
