# SPDX-License-Identifier: MIT
"""Rules that several labs use: what a boot must show apart from its markers."""

from __future__ import annotations

from ..model.elf import layout_fault
from ..qemu.boot import Ending
from .check import Evidence


def switches_off(evidence: Evidence) -> str:
    """The machine powered itself off."""
    return "" if evidence.run.ending is Ending.OFF else str(evidence.run)


def lines_end_with_crlf(evidence: Evidence) -> str:
    """Each line feed has exactly one carriage return before it."""
    raw = evidence.run.raw
    feeds = raw.count(b"\n")
    bare = feeds - raw.count(b"\r\n")
    if not feeds:
        return str(evidence.run)
    if bare:
        return f"{bare} of {feeds} line feeds have no carriage return before them"
    alone = raw.count(b"\r") - feeds
    doubled = raw.count(b"\r\r\n")
    if doubled:
        return f"{doubled} line feeds have two carriage returns before them"
    return f"{alone} carriage returns have no line feed after them" if alone > 0 else ""


def segments_are_apart(evidence: Evidence) -> str:
    """No segment is writable and executable, and a guard page lies between any two."""
    return layout_fault(evidence.image)


def reached(task: str, vm: str = "") -> str:
    """A pattern for the open hole of a later task of the lab, which shows that `task` is done."""
    lab, _, number = task.partition(".")
    prefix = rf"\[{vm}\] " if vm else ""
    return rf"{prefix}\[todo\] TODO\({lab}\.[{int(number) + 1}-9]\): .*"
