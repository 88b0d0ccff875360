# SPDX-License-Identifier: MIT
"""What the tests of the grader share: made-up evidence, and a QEMU that is a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from grader.check import Boot, Check, Evidence, Outcome, Result
from grader.evaluate import evaluate
from grader.machine import Ending, Run


def check(name: str, line: str = "", points: int = 10, **more: Any) -> Check:
    """A marker of a made-up table."""
    return Check(f"lab01.{name}", points, f"{name} is right", f"hint of {name}", line=line, **more)


def seen(text: str, ending: Ending = Ending.OFF, image: Path = Path("/nowhere")) -> Evidence:
    """A boot that printed `text`, as the UART sent it."""
    return Evidence(Run(text.replace("\n", "\r\n").encode(), "", ending), image)


def judged(checks: list[Check], text: str) -> list[Result]:
    return evaluate(checks, {Boot(): seen(text)})


def outcomes(checks: list[Check], text: str) -> str:
    """A letter a check: P(assed), F(ailed), N(ot reached)."""
    return letters(judged(checks, text))


def letters(results: list[Result]) -> str:
    return "".join(result.outcome.name[0] for result in results)


def passed(check: Check) -> Result:
    return Result(check, Outcome.PASSED)


def stub_gdb(folder: Path) -> Path:
    """A gdb that finds nothing, and is there as long as a QEMU that is a script."""
    path = folder / "stub-gdb"
    path.write_text(f"""#!{sys.executable}
import json, os, socket
plan = json.load(open(os.environ["SCHISM_PLAN"]))
with open(plan["findings"], "w") as file:
    print(json.dumps({{"end": {{"how": "gone"}}}}), file=file)
with socket.socket(socket.AF_UNIX) as line:
    try:
        line.connect(plan["socket"])
        line.recv(1)
    except OSError:
        pass
""")
    path.chmod(0o755)
    return path


def stub_qemu(folder: Path, body: str) -> Path:
    """A QEMU that satisfies the doctor, and then does what `body` says."""
    path = folder / "stub-qemu"
    version = 'if [ "$1" = --version ]; then echo "QEMU emulator version 7.2.0"; exit; fi'
    path.write_text(f"#!/bin/sh\n{version}\n{body}\n")
    path.chmod(0o755)
    return path
