# SPDX-License-Identifier: MIT
"""What to look at in a stage that ended with a mistake: a `hyp` command for each task.

In a command {address} is the first address that the failed check saw, and {vm} the VM. Without
them the command's default counts, after a "|".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REGISTER = re.compile(r"\b[A-Z0-9]+_EL[12]\b")
ADDRESS = re.compile(r"\b0x0*[1-9a-f][0-9a-f]{4,15}\b")
VM = re.compile(r"\bvm([0-9]+)\b")

EXCEPTION = "hyp regs ESR_EL2 FAR_EL2 ELR_EL2"
EL2_WALK = "hyp walk {address|0x9000000}"
VM_WALK = "hyp walk-s2 {vm|0} {address|0x41000000}"

LOOKS = {
    "lab01.2": "hyp regs {registers|SCTLR_EL2 HCR_EL2}",
    "lab01.5": "hyp regs VBAR_EL2 ELR_EL2",
    "lab01.6": EXCEPTION,
    "lab02.1": "hyp regs TCR_EL2 MAIR_EL2",
    "lab02.2": EL2_WALK,
    "lab02.3": EL2_WALK,
    "lab02.4": EL2_WALK,
    "lab02.5": "hyp regs SCTLR_EL2 TTBR0_EL2",
    "lab02.6": EL2_WALK,
    "lab03.1": "hyp regs VTCR_EL2",
    "lab03.2": VM_WALK,
    "lab03.3": VM_WALK,
    "lab03.4": VM_WALK,
    "lab03.5": "hyp regs VTTBR_EL2 HCR_EL2",
    "lab04.1": EXCEPTION,
    "lab04.2": EXCEPTION,
    "lab04.3": "hyp regs {registers|HCR_EL2 CPTR_EL2}",
    "lab04.4": "hyp exits {vm|0}",
    "lab04.5": "hyp exits {vm|1}",
    "lab04.6": "hyp exits {vm|1}",
    "lab04.7": "hyp exits {vm|2}",
    "lab05.1": "hyp regs {registers|VTTBR_EL2 ESR_EL2}",
    "lab05.2": "hyp regs CPTR_EL2",
    "lab05.3": "hyp regs HCR_EL2",
    "lab05.4": "hyp vgic {vm|0}",
    "lab05.5": "hyp regs CNTHP_CTL_EL2 CNTHP_CVAL_EL2",
    "lab05.6": "hyp exits {vm|0}",
    "lab05.7": "hyp vgic {vm|4}",
    "lab05.8": "hyp vgic {vm|7}",
    "lab06.1": "hyp exits {vm|0}",
    "lab06.2": "hyp mailboxes",
    "lab06.3": "hyp vgic {vm|0}",
    "lab06.4": "hyp at {vm|1} {address|0x41404000}",
    "lab06.5": "hyp mailboxes",
    "lab06.6": "hyp vcpus",
}


def look_at(task: str, texts: Sequence[str]) -> str:
    """Return the command for a task, "" if it has none. The texts are what is known, best first."""
    found = {
        "registers": _first(REGISTER, texts),
        "address": _first(ADDRESS, texts),
        "vm": _first(VM, texts),
    }
    return re.sub(r"\{(\w+)\|([^}]*)\}", lambda hole: found[hole[1]] or hole[2],
                  LOOKS.get(task, ""))


def _first(pattern: re.Pattern[str], texts: Sequence[str]) -> str:
    """Return what a pattern finds first, of a group if it has one."""
    match = next(filter(None, map(pattern.search, texts)), None)
    return match[match.re.groups] if match else ""
