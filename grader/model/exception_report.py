# SPDX-License-Identifier: MIT
"""Exceptions as a transcript reports them: the lines [exception], [trap] and [panic].

A tag may contain the grader's nonce after its word (common/lib/say.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from .syndrome import IL, Syndrome

LINE = re.compile(r"\[(exception|trap|panic|test|vm\d*)(?: [0-9a-f]{16})?\] (.*)")
CLASS = re.compile(r"EC (0x[0-9a-f]+).*, ISS (0x[0-9a-f]+)")
PLACE = re.compile(r"ELR (0x[0-9a-f]+) SPSR (0x[0-9a-f]+) FAR (0x[0-9a-f]+)")
STOPPED = re.compile(r"vm(\d+) stopped: (.*) \(PC (0x[0-9a-f]+)\)")
REFUSED = re.compile(
    r"(read|write|instruction fetch)( by a table walk)? (?:of|from) IPA (0x[0-9a-f]+)"
                     r"(?:, VA (0x[0-9a-f]+))?(?:: stage-2 (.*)|, a device, without a valid "
                     r"syndrome)")


@dataclass
class Report:
    """One reported exception. `text` is the reason in a [trap] line."""

    title: str
    syndrome: Optional[Syndrome] = None
    far: Optional[int] = None
    hpfar: Optional[int] = None
    elr: Optional[int] = None
    vm: Optional[int] = None
    ipa: Optional[int] = None
    access: str = ""  # of a [trap] line: "read"
    fault: str = ""  # "translation fault"; "" for a device without a valid syndrome
    on_walk: bool = False
    text: str = ""
    bare: bool = False  # only the class of the syndrome is known
    panic: bool = False
    last_words: str = ""  # the last line that the VM's guest printed
    test: str = ""  # the line of the self-test that ended the VM on purpose

    @property
    def is_abort(self) -> bool:
        """True if translation tables were involved."""
        return self.syndrome.is_abort if self.syndrome else bool(self.access)


def parse(transcript: str) -> list[Report]:
    """Return the exceptions of a transcript in order."""
    found: list[Report] = []
    said: dict[str, str] = {}
    of_selftest: list[Report] = []  # VMs that ended since the last line of a self-test
    guests_exist = False
    for tag, text in lines(transcript):
        if tag == "trap":
            if report := stopped(text):
                report.last_words = said.get(f"vm{report.vm}", "")
                found.append(report)
                of_selftest += [] if guests_exist else [report]
        elif tag == "test":
            for report in of_selftest:
                report.test = text
            of_selftest = []
        elif tag.startswith("vm"):
            guests_exist = True
            said[tag] = text
        elif tag == "panic":
            # The line after an exception report only repeats it.
            if not text.startswith("unexpected exception"):
                found.append(Report(f"[panic] {text}", text=text, panic=True))
        elif match := CLASS.match(text):
            esr = int(match[1], 0) << 26 | IL | int(match[2], 0)
            found.append(Report(f"[exception] {text}", Syndrome(esr)))
        elif (match := PLACE.match(text)) and found and found[-1].syndrome:
            found[-1].elr, _, found[-1].far = (int(number, 0) for number in match.groups())
    return found


def lines(transcript: str) -> Iterator[tuple[str, str]]:
    for line in transcript.splitlines():
        if match := LINE.search(line):
            yield match[1], match[2].strip()


def stopped(text: str) -> Optional[Report]:
    """A VM that EL2 has stopped."""
    match = STOPPED.match(text)
    if not match:
        return None
    report = Report(f"[trap] {text}", vm=int(match[1]), elr=int(match[3], 0), text=match[2])
    if refused := REFUSED.match(match[2]):
        report.access, report.on_walk = refused[1], bool(refused[2])
        report.ipa, report.fault = int(refused[3], 0), refused[5] or ""
        report.far = int(refused[4], 0) if refused[4] else None
    elif code := re.search(r"EC (0x[0-9a-f]+)$", match[2]):
        report.syndrome, report.bare = Syndrome(int(code[1], 0) << 26 | IL), True
    return report
