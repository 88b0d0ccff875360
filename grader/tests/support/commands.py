# SPDX-License-Identifier: MIT
"""A kit with one lab of two checks, graded with a QEMU that is a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from grader.core.kit import copy_of_the_kit
from grader.tests.support.made_up import stub_gdb, stub_qemu

REPORTS = ("report.json", "report.html", "junit.xml")

TABLE = '''
from ..check import Check
from ...qemu.boot import Ending

def crashes(evidence):
    raise RuntimeError("a bug")

CHECKS = [Check("lab01.1.hello", 60, "It says hello", "Say hello.", line="hello"),
          Check("lab01.2.bye", 40, "It says bye", "Say bye.", line="bye")]
'''


def one_lab_kit(folder: Path) -> Path:
    """Copy the kit and leave one lab with two checks."""
    kit = copy_of_the_kit(folder)
    for path in (kit / "grader/labs").glob("lab0?/checks.py"):
        path.unlink()
    (kit / "grader/labs/lab01/checks.py").write_text(TABLE)
    # A script for QEMU cannot know the nonce.
    nonce = kit / "grader/qemu/nonce.py"
    nonce.write_text(nonce.read_text() + "\n\ndef draw() -> int:\n    return 0\n")
    return kit


class Commands:
    """Runs the grader of a kit with its own QEMU."""

    def __init__(self, kit: Path, folder: Path) -> None:
        self.kit, self.folder = kit, folder
        ours = ("MAKE", "PYTEST", "PYTHONUNBUFFERED")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.env["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        self.env["PYTHON"] = sys.executable
        self.env["GDB"] = str(stub_gdb(folder))
        self.report.parent.mkdir(parents=True, exist_ok=True)
        for name in REPORTS:
            self.report.with_name(name).write_text("the score of yesterday")

    def qemu(self, body: str) -> None:
        self.env["QEMU"] = str(stub_qemu(self.folder, body))

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, cwd=self.kit, env=self.env, capture_output=True, text=True)

    def grade(self, *args: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "grader", "--solved", "1", *args)

    @property
    def report(self) -> Path:
        return self.kit / "build/grade/report.json"

    @property
    def reports(self) -> list[str]:
        """The names of the reports that exist."""
        return [name for name in REPORTS if self.report.with_name(name).exists()]

    @property
    def score(self) -> tuple[int, int]:
        data = json.loads(self.report.read_text())
        return data["total"], data["maximum"]
