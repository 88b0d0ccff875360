# SPDX-License-Identifier: MIT
"""A kit with one lab of two checks, graded with a QEMU that is a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.kit import copy_of_the_kit
from grader.tests.support.made_up import stub_gdb, stub_qemu

TABLE = '''
from ..check import Check
from ...qemu.boot import Ending

def crashes(evidence):
    raise RuntimeError("a bug")

CHECKS = [Check("lab01.1.hello", 60, "It says hello", "Say hello.", line="hello"),
          Check("lab01.2.bye", 40, "It says bye", "Say bye.", line="bye")]
'''


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with one lab of two checks, its stage built once."""
    kit = copy_of_the_kit(tmp_path_factory.mktemp("command"))
    for path in (kit / "grader/labs").glob("lab0?/checks.py"):
        path.unlink()
    (kit / "grader/labs/lab01/checks.py").write_text(TABLE)
    # A script for QEMU cannot know the nonce.
    nonce = kit / "grader/qemu/nonce.py"
    nonce.write_text(nonce.read_text() + "\n\ndef draw() -> int:\n    return 0\n")
    return kit


class Commands:
    """Runs the grader of a kit with a QEMU of its own."""

    def __init__(self, kit: Path, folder: Path) -> None:
        self.kit, self.folder = kit, folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST", "PYTHONUNBUFFERED"))}
        self.env["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        self.env["PYTHON"] = sys.executable
        self.env["GDB"] = str(stub_gdb(folder))

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
        """The names of those that are there."""
        names = ("report.json", "report.html", "junit.xml")
        return [name for name in names if self.report.with_name(name).exists()]

    @property
    def score(self) -> tuple[int, int]:
        data = json.loads(self.report.read_text())
        return data["total"], data["maximum"]


@pytest.fixture
def commands(kit: Path, tmp_path: Path) -> Iterator[Commands]:
    commands = Commands(kit, tmp_path)
    commands.report.parent.mkdir(parents=True, exist_ok=True)
    for name in ("report.json", "report.html", "junit.xml"):
        commands.report.with_name(name).write_text("the score of yesterday")
    yield commands
