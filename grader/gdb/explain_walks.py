# SPDX-License-Identifier: MIT
"""Runs in gdb for `make explain LAB=n`: boots the stage and shows the tables at each report.

commands/explain.py passes the reports and gets a text for each that happened, in files that
SCHISM_EXPLAIN names.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any, Optional

import gdb

from ..model.control_registers import ipa
from ..model.syndrome import IL, Syndrome
from . import stopped_machine, el2_data
from .complaint import Complaint

# Functions in which EL2 reports an exception or ends, if the stage has them; and those that handle
# aborts of guests, most of which are emulated: a thousand stops or more.
REPORTS = ("exception_handle", "trap_stop", "panic", "power_off")
HANDLES = ("data_abort_handle", "instruction_abort_handle")
SECONDS = 20  # for a stage that does not end


def watch() -> None:
    with open(os.environ["SCHISM_EXPLAIN"], encoding="utf-8") as file:
        plan = json.load(file)
    wanted: dict[int, dict[str, Any]] = dict(enumerate(plan["reports"]))
    reported = all(report["vm"] is not None for report in wanted.values())
    for place in REPORTS if reported else REPORTS + HANDLES:
        if el2_data.address_of(place) is not None:
            gdb.Breakpoint(f"*{place}", internal=True)
    texts: dict[int, str] = {}
    late = threading.Event()
    alarm = threading.Timer(SECONDS, interrupt, [late])
    alarm.daemon = True
    alarm.start()
    try:
        while wanted:
            gdb.execute("continue", to_string=True)
            stopped_machine.require()
            if late.is_set():
                break
            for number in [n for n, report in wanted.items() if matches(report)]:
                del wanted[number]
                texts[number] = shown()
    except (gdb.error, Complaint, KeyboardInterrupt):
        pass  # the stage has ended, or the alarm came between two stops
    with open(plan["answers"], "w", encoding="utf-8") as file:
        json.dump({"texts": texts, "late": late.is_set()}, file)


def interrupt(late: threading.Event) -> None:
    """Like Ctrl-C: gdb stops the machine. Killing gdb would leave QEMU running."""
    late.set()
    os.kill(os.getpid(), signal.SIGINT)


def matches(report: dict[str, Any]) -> bool:
    """True if the registers have all values of the report now."""
    esr = report["esr"]
    if esr is not None and (stopped_machine.need("ESR_EL2") ^ esr) & 0xFFFFFFFF & ~IL:
        return False
    pairs = (("far", "FAR_EL2"), ("hpfar", "HPFAR_EL2"), ("elr", "ELR_EL2"))
    if any(report[key] not in (None, stopped_machine.need(name)) for key, name in pairs):
        return False
    return report["vm"] in (None, _active_vm())


def _active_vm() -> Optional[int]:
    """The VM whose tables are in VTTBR_EL2: a VMID is the VM's number plus 1."""
    vmid = stopped_machine.need("VTTBR_EL2") >> 48 & 0xFF
    return vmid - 1 if vmid else None


def shown() -> str:
    """The walk that led to the exception."""
    syndrome, far = Syndrome(stopped_machine.need("ESR_EL2")), stopped_machine.need("FAR_EL2")
    if not syndrome.from_lower:
        return command(f"hyp walk {far:#x}")
    vm = _active_vm()
    if vm is None:
        return "VTTBR_EL2 is 0: no VM's tables are in use.\n"
    if stopped_machine.need("SCTLR_EL1") & 1 or syndrome.fault == "permission fault":
        return command(f"hyp at {vm} {far:#x}")
    return command(f"hyp walk-s2 {vm} {ipa(stopped_machine.need('HPFAR_EL2')) | far % 4096:#x}")


def command(text: str) -> str:
    try:
        return f"(gdb) {text}\n" + (gdb.execute(text, to_string=True) or "")
    except gdb.error as error:
        return f"(gdb) {text}\n{error}\n"
