# SPDX-License-Identifier: MIT
"""make trace: QEMU's log of exceptions, put into words."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from grader.commands.exceptions import Log
from grader.commands.folding import folded, numbered
from grader.core.kit import KIT
from grader.core.limits import Limits, Stop
from grader.core.process import Nursery
from grader.tests.support.build import OWN

def trace(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    argv = ["make", "trace", OWN, *arguments]
    return subprocess.run(argv, cwd=KIT, env=env, capture_output=True, text=True)


def test_a_log_without_end_is_limited() -> None:
    limits = Limits(output_bytes=1 << 20, cpu_seconds=20, wall_seconds=60)
    log = Log()
    ended = Nursery().run(["sh", "-c", "yes >&2"], limits, log_filter=log)
    assert ended.stop is Stop.BYTES and not log.is_storm


def test_the_end_of_a_run_can_be_shown() -> None:
    whole = trace("LAB=2", "SOLVED=2", "COUNT=0").stdout.splitlines()
    assert trace("LAB=2", "SOLVED=2", "TAIL=2").stdout.splitlines() == whole[-2:]


def test_accesses_to_the_uart_are_folded_unless_each_is_wanted() -> None:
    short = trace("LAB=6", "SOLVED=6", "COUNT=0").stdout
    whole = trace("LAB=6", "SOLVED=6", "COUNT=0", "UART=1").stdout
    assert "EL1 > EL2  data abort from a lower EL: the UART, in vm0 console_putc" in short
    assert short.count("\n") < whole.count("\n")
    assert re.search(r"^ +these 2 \d+ more times$", whole, re.M)


def test_equal_lines_are_counted() -> None:
    assert list(numbered(["a", "a", "a", "b"])) == [
        "     1  a", "        the same 2 more times", "     4  b",
    ]  # fmt: skip


def test_a_pair_of_lines_that_repeats_is_folded() -> None:
    lines = [*["a", "b"] * 3, "a", "c", "d", "c", "d"]
    assert list(numbered(lines)) == [
        "     1  a", "     2  b", "        these 2 2 more times", "     7  a", "     8  c",
        "     9  d", "    10  c", "    11  d",
    ]  # fmt: skip


def test_numbers_are_those_of_the_whole_trace() -> None:
    assert list(folded([(3, "a"), (9, "b")])) == ["     3  a", "     9  b"]


def test_only_what_is_asked_for_is_listed() -> None:
    done = trace("LAB=6", "SOLVED=6", "ONLY=hvc,wfx", "VM=0", "COUNT=0")
    lines = [line for line in done.stdout.splitlines() if "more times" not in line]
    assert lines and all(re.search(r"HVC64|WFx", line) and " vm0 " in line for line in lines)
    assert any("HVC64" in line for line in lines) and any("WFx" in line for line in lines)


def test_lab_1_takes_two_exceptions_and_powers_off() -> None:
    done = trace("LAB=1", "SOLVED=1")
    brk, abort, psci = done.stdout.splitlines()
    assert brk.startswith("     1  EL2 > EL2  BRK64: #0x10, at selftest_brk_trip+0x")
    assert re.search(r"read, external abort, at hyp_main\+0x\w+, FAR 0xb000000$", abort)
    assert psci.startswith("     3  EL2        SMC, a PSCI call")


def test_the_interrupts_are_those_that_el2_has_counted() -> None:
    done = trace("LAB=6", "SOLVED=6", "COUNT=0", "ONLY=irq")
    irqs, last = 0, ""
    for line in done.stdout.splitlines():
        if again := re.match(r" +the same (\d+) more times", line):
            irqs += int(again[1]) if last.endswith("IRQ") else 0
        else:
            last = line.partition(", at ")[0]
            irqs += bool(re.search(r"EL1 > EL2  IRQ$", last))
    run = subprocess.run(
        ["make", "run", "LAB=6", "SOLVED=6", OWN], cwd=KIT,
        capture_output=True, text=True
    )
    counted = sum(int(n) for n in re.findall(r"^\[exits\].* irq (\d+)", run.stdout, re.M))
    assert irqs == counted > 100
    done = trace("LAB=6", "SOLVED=6", "COUNT=0", "ONLY=abort", "VM=1", "UART=1")
    assert re.search(r"EL1 > EL1  .*translation fault, level \d, at vm1 \w+\+0x\w+, FAR "
                     r"0x2000000000$", done.stdout, re.M)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["LAB=6", "COUNT=x"], 2, "trace: COUNT=x: give a number of lines, or 0 for all"),
        (["LAB=6", "TAIL=-1"], 2, "trace: TAIL=-1: give a number of lines, or 0 for all"),
        (["LAB=6", "SOLVED=6", "ONLY=hvc,fish"], 2, "trace: ONLY=hvc,fish: there are irq, fiq, "),
        (["LAB=6", "SOLVED=6", "VM=7"], 2, "trace: VM=7: this stage has VMs 0, 1"),
        (["LAB=2", "SOLVED=2", "ONLY=hvc"], 0, "trace: none of "),
        (["LAB=3"], 0, "trace: the stage stopped at TODO(lab01.1)"),
        (["LAB=6", "SOLVED=6", "COUNT=3"], 0, "in all; TAIL=3 shows the end, COUNT=0 every one"),
    ],
)
def test_the_rest_is_one_line(arguments: list[str], status: int, words: str) -> None:
    done = trace(*arguments)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert (bool(done.returncode), len(lines)) == (bool(status), 1), done.stderr
    assert words in lines[0]
