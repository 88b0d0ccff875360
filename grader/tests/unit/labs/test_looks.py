# SPDX-License-Identifier: MIT
"""What to look at after a failure: a command that gdb knows, with what the check saw."""

from __future__ import annotations

import re

import pytest

from grader.core.kit import KIT
from grader.labs import tables
from grader.labs.looks import LOOKS, look_at


def test_each_is_for_a_task_and_of_the_commands_that_there_are() -> None:
    tasks = {check.task for checks in tables().values() for check in checks}
    assert set(LOOKS) <= tasks
    texts = "".join(path.read_text() for path in KIT.glob("grader/gdb/*.py"))
    known = set(re.findall(r'\bname(?:, \w+)* = "([a-z0-9-]+)"', texts))
    assert {command.split()[1] for command in LOOKS.values()} <= known


@pytest.mark.parametrize("task, seen, command", [
    ("lab02.4", "the UART is not mapped as a device at 0x9000000", "hyp walk 0x9000000"),
    ("lab02.4", "[test] read the guard: done", "hyp walk 0x9000000"),
    ("lab02.4", "the page at 0x40_0010_0000 is writable", "hyp walk 0x4000100000"),
    ("lab05.7", "vm4: INTID 3 is lost", "hyp vgic 4"),
    ("lab05.7", "INTID 3 is lost", ""),
    ("lab03.3", "vm1 maps IPA 0x40e02000", "hyp walk-s2 1 0x40e02000"),
    ("lab03.3", "attributes 0x00400000000007c0", ""),
    ("lab01.2", "HCR_EL2 is 0x0", "hyp regs HCR_EL2"),
    ("lab01.2", "nothing", ""),
    ("lab01.4", "nothing", ""),
])
def test_it_asks_for_what_the_check_saw(task: str, seen: str, command: str) -> None:
    assert look_at(task, [seen]) == command
