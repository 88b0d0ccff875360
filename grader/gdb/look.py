# SPDX-License-Identifier: MIT
"""Runs in gdb for `make map` and `make timeline` with LAB=beyond: what EL2 has in memory.

commands/look.py names in SCHISM_LOOK where to stop and what to read. Type information has the
layout of EL2's structs, so Python code outside gdb needs none of it.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from typing import Any

import gdb

from ..model.page_tables import ADDRESS, ENTRIES, LAST_LEVEL, TABLE_OR_PAGE, T0SZ, VALID
from ..model.page_tables import stage1_start_level
from . import el2_data, explain_walks, regimes, stopped_machine
from .complaint import Complaint

REGISTERS = ("SCTLR_EL2", "TCR_EL2", "TTBR0_EL2", "MAIR_EL2", "HCR_EL2", "VTCR_EL2", "VTTBR_EL2",
             "CNTFRQ_EL0")  # fmt: skip
MOST_TABLES = 4096
ROOT_LEVEL = 1  # of stage 2


def look() -> None:
    with open(os.environ["SCHISM_LOOK"], encoding="utf-8") as file:
        plan = json.load(file)
    answer: dict[str, Any] = {}
    try:
        answer["late"] = run(plan["place"], plan["seconds"])
        with stopped_machine.physical():
            answer |= {"tables": tables, "trace": trace}[plan["what"]]()
            answer["registers"] = {name: stopped_machine.need(name) for name in REGISTERS}
    except (Complaint, gdb.error) as error:
        answer["error"] = " ".join(str(error).split())
    with open(plan["answers"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


def run(place: str, seconds: float) -> bool:
    """Run to a place, or to the end of the machine. True if it was stopped because it was late."""
    if place:
        gdb.Breakpoint(place, internal=True)
    late = threading.Event()
    alarm = threading.Timer(seconds, explain_walks.interrupt, [late])
    alarm.daemon = True
    alarm.start()
    try:
        gdb.execute("continue", to_string=True)
    except KeyboardInterrupt:
        pass
    alarm.cancel()
    stopped_machine.require()
    return late.is_set()


def tables() -> dict[str, Any]:
    """Each VM, and all translation tables of EL2's stage 1 and of stage 2."""
    tcr, vtcr = (stopped_machine.need(name) for name in ("TCR_EL2", "VTCR_EL2"))
    bits = 64 - (tcr & T0SZ)
    found = table_pages(stopped_machine.need("TTBR0_EL2") & regimes.TABLE, stage1_start_level(bits),
                        bits)
    vms = []
    for vm in el2_data.vms():
        root = int(vm["s2"]["root"])
        vms.append([int(vm["id"]), el2_data.text(vm["name"]), root, int(vm["s2"]["vmid"])])
        found |= table_pages(root, ROOT_LEVEL, 64 - (vtcr & T0SZ))
    return {"vms": vms, "memory": [[at, base64.b64encode(raw).decode()]
                                   for at, raw in sorted(found.items())]}


def table_pages(root: int, level: int, bits: int) -> dict[int, bytes]:
    """The tables below a root, by address."""
    found: dict[int, bytes] = {}
    todo = [(root, level, max(1, (1 << bits) >> 12 + 9 * (LAST_LEVEL - level)))]
    for at, level, entries in todo:
        raw = stopped_machine.read(at, entries * 8)
        if raw is None or at in found or len(found) == MOST_TABLES:
            continue
        found[at] = raw
        if level == LAST_LEVEL:
            continue
        for n in range(0, len(raw), 8):
            entry = int.from_bytes(raw[n : n + 8], "little")
            if entry & VALID and entry & TABLE_OR_PAGE:
                todo.append((entry & ADDRESS, level + 1, ENTRIES))
    return found


def trace() -> dict[str, Any]:
    """The ring of beyond/cores/trace.c, and whose each vCPU is."""
    ring = gdb.parse_and_eval("trace_ring")
    raw = gdb.selected_inferior().read_memory(int(ring.address), ring.type.sizeof).tobytes()
    return {
        "count": int(gdb.parse_and_eval("trace_count")),
        "ring": base64.b64encode(raw).decode(),
        "cores": int(gdb.parse_and_eval("core_count")),
        "vcpus": {int(vcpu["id"]): el2_data.owner(vcpu) for vcpu in el2_data.vcpus()},
    }
