# SPDX-License-Identifier: MIT
"""What to look at in a stage that ended with a mistake: a `hyp` command for each task.

In a command {address} and {ipa} are an address that the failed check saw, {registers} a register
that it names, and {vm} the VM. Without one the command's default counts, after a "|"; if it has
none, there is nothing to look at. The state is that of the end: most mistakes do not show there,
and a task has a command only if it often helps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NAMED = {
    "registers": re.compile(r"\b[A-Z0-9]+_EL[12]\b"),
    "address": re.compile(r"\b(?:V?A|at|address|read|write|fetch(?:es)?(?: from)?|page) "
                          r"(0x[0-9a-f_]{4,18})\b"),
    "ipa": re.compile(r"\b(?:IPA|maps) (0x[0-9a-f_]{4,18})\b"),
    "vm": re.compile(r"\bvm([0-9]+)\b"),
}

LOOKS = {
    "lab01.2": "hyp regs {registers}",
    "lab02.1": "hyp regs TCR_EL2 MAIR_EL2",
    "lab02.4": "hyp walk {address|0x9000000}",
    "lab02.5": "hyp regs SCTLR_EL2 TTBR0_EL2",
    "lab03.1": "hyp regs VTCR_EL2",
    "lab03.3": "hyp walk-s2 {vm|0} {ipa}",
    "lab04.3": "hyp regs {registers|HCR_EL2 CPTR_EL2}",
    "lab05.2": "hyp regs CPTR_EL2",
    "lab05.3": "hyp regs HCR_EL2",
    "lab05.7": "hyp vgic {vm}",
    "lab05.8": "hyp vgic {vm}",
}


def look_at(task: str, texts: Sequence[str]) -> str:
    """Return the command for a task, "" if none helps. The texts are what is known, best first."""
    command = LOOKS.get(task, "")
    for hole in re.findall(r"\{[^}]*\}", command):
        name, _, default = hole[1:-1].partition("|")
        found = _first(NAMED[name], texts) or default
        if not found:
            return ""
        command = command.replace(hole, found.replace("_", "") if "0x" in found else found)
    return command


def _first(pattern: re.Pattern[str], texts: Sequence[str]) -> str:
    """Return what a pattern finds first, of a group if it has one."""
    match = next(filter(None, map(pattern.search, texts)), None)
    return match[match.re.groups] if match else ""
