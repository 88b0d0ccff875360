# SPDX-License-Identifier: MIT
"""What the checks of lab 1 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from ...qemu.boot import Ending
from ...qemu.preamble import BOOT_CORE_ENTERS
from ..boot_checks import switches_off
from ..check import Evidence

BANNER = "[boot] Schism Labs, stage 1: a program at EL2"
# They may differ from boot to boot. The nonce of a tag is here if its line has no line feed before.
NUMBERS = re.compile(r"0x[0-9a-f]+| [0-9a-f]{16}(?=\])")
REPORT = "[exception] "
COMPARED = 40  # lines; more than the stage prints
STATE = "[boot] control registers, stack and .bss are as they must be"


def banner_stands_alone(evidence: Evidence) -> str:
    """The UART sends the banner first; the line above it bypasses the driver."""
    _, found, rest = evidence.run.text.partition(f"{STATE}\n")
    line = re.split(r"[\r\n]", rest, maxsplit=1)[0]
    return "" if found and line == BANNER else line or str(evidence.run)


def ends_with_the_panic(evidence: Evidence) -> str:
    last = evidence.run.last_line
    return switches_off(evidence) or ("" if last.startswith("[panic]") else last)


def seen_once(*patterns: str) -> Callable[[Evidence], str]:
    """A rule: the boot core prints one of these lines once; the others print nothing."""
    expression = re.compile("|".join(patterns))

    def test(evidence: Evidence) -> str:
        others, entered, boot_core = evidence.run.text.partition(BOOT_CORE_ENTERS)
        if others or not entered:
            return f"another core printed: {others.splitlines()[0]}" if others else str(
                evidence.run)
        found = Counter(filter(expression.fullmatch, boot_core.splitlines()))
        again = [f"{count} times: {line}" for line, count in found.items() if count > 1]
        return again[0] if again else "" if found else str(evidence.run)

    return test


def goes_on_as_usual(evidence: Evidence) -> str:
    """After the first line this boot prints what the usual one does, whatever that is.

    If the usual one does not end by itself, where it was stopped says nothing: then the shorter
    transcript is compared.
    """
    usual, run = evidence.usual, evidence.run
    if usual is None:
        return "the usual boot left no transcript"
    wanted, seen = _after_state(usual.text), _after_state(run.text)
    for one, other in zip(wanted, seen):
        if one != other:
            # A handler that gets a wrong frame may report anything.
            return "" if one.startswith(REPORT) and other.startswith(REPORT) else other
    if usual.ending is Ending.OFF and (run.ending is not Ending.OFF or len(seen) != len(wanted)):
        return str(run)
    return ""


def _after_state(text: str) -> list[str]:
    """The lines after the first one, without numbers that may differ from boot to boot."""
    lines = text.partition(f"{STATE}\n")[2].splitlines()[:COMPARED]
    return [NUMBERS.sub("0x", line) for line in lines]
