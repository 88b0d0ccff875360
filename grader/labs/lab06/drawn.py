# SPDX-License-Identifier: MIT
"""Random numbers in the memory of lab 6's inspected boot, and where they must appear.

A guest or a report with constant lines does not know them. The grader replaces values that
memwalk_os passes to guest_log_value(). At checkpoint "end", when the guests have ended and EL2
has not yet read their memory, it writes mailboxes and exit counters.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from pathlib import Path

from ...core.kit import KIT
from ...model.elf import symbols
from ...model.layout import layout_of, numbers
from ...model.snapshot import State
from ...model.syndrome import DABT_LOWER, HVC64, SHORT, SYSREG, UNKNOWN, WFX
from ...model.vcpu import EC_COUNT, EXIT_CLASSES, EXITS, VCPU_SIZE
from ...model.vms import string
from ...qemu.time_budget import Write
from ..check import Evidence
from ..register_checks import not_reached
from ..transcript import exits, mailbox

# struct mailbox of mailbox.h: a magic number, a count, two words, then key and value.
LIMITS = numbers(KIT / "common/include/mailbox.h")
MAGIC, ENTRIES, KEY_SIZE = (
    LIMITS[f"MAILBOX_{name}"] for name in ("MAGIC", "ENTRIES", "KEY_SIZE")
)
HEADER, ENTRY = 32, struct.Struct(f"<{KEY_SIZE}sQ")
VMS = (0, 1)
ENTRIES_OF = (9, 4)  # by VM
# Some exit classes, with the first and the last.
CLASSES = (UNKNOWN, WFX, HVC64, SYSREG, DABT_LOWER, EC_COUNT, EXIT_CLASSES - 1)
LOGGED = "logged"  # guest_log_value() of memwalk_os is about to run
LOGGED_ONCE = 3  # values that it logs before its MMU is on, under different keys


def _drawn_value(n: int) -> int:
    """The n-th value: random bits in a fixed shape that a wrong format never prints right."""
    return secrets.randbits(60) | (8 + n % 8) << 60 if n % 2 else secrets.randbits(31) | 1 << 31


def drawn_mailbox(vm: int) -> bytes:
    entries = ENTRIES_OF[vm]
    keys = [f"{n} {secrets.token_hex(3)}".encode() for n in range(entries)]
    rows = b"".join(ENTRY.pack(key, _drawn_value(n)) for n, key in enumerate(keys))
    return (struct.pack("<QQ", MAGIC, entries) + bytes(HEADER - 16) + rows).ljust(4096, b"\0")


def drawn_exits(vm: int) -> bytes:
    """Exit counters in which only four classes are not 0."""
    counts = [0] * EXIT_CLASSES
    for ec in CLASSES[3 * vm : 3 * vm + 4]:
        counts[ec] = 1 << 40 | secrets.randbits(40)
    return struct.pack(f"<{EXIT_CLASSES}Q", *counts)


def writes(image: Path) -> dict[str, Sequence[Write]]:
    """Writes to the mailboxes and vCPUs of the first VMs. The array `vcpus` has their order."""
    layout, vcpus = layout_of(image), symbols(image.read_bytes()).get("vcpus")
    found = [(layout.mailbox(vm).start, drawn_mailbox(vm)) for vm in VMS]
    if vcpus is not None:
        found += [(vcpus + vm * VCPU_SIZE + EXITS, drawn_exits(vm)) for vm in VMS]
    return {"end": found}


def box(state: State, address: int) -> dict[str, int] | None:
    """The entries of a mailbox in memory; None if it is not a mailbox."""
    raw = state.memory.read(address, 4096) or bytes(4096)
    magic, count = struct.unpack_from("<QQ", raw)
    if magic != MAGIC or count > ENTRIES:
        return None
    found = {}
    for n in range(count):
        key, value = ENTRY.unpack_from(raw, HEADER + n * ENTRY.size)
        found[key.split(b"\0")[0].decode("ascii", "replace")] = value
    return found


def first_difference(printed: dict[str, int], there: dict[str, int], name: str) -> str:
    """Describe the first difference without the random numbers: the same in every grading."""
    for n, (key, value) in enumerate(there.items(), 1):
        if printed.get(key) != value:
            fault = ("printed with another value than it has in memory" if key in printed
                     else "not printed")
            return f"number {n} of the {len(there)} {name} is {fault}"
    if len(printed) > len(there):
        return f"{len(printed)} {name} are printed, {len(there)} are in memory"
    return ""


def mailboxes_are_as_printed(evidence: Evidence) -> str:
    state, layout = evidence.run.state("end, written"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "end")
    for vm in VMS:
        printed = mailbox(evidence.run.text, vm)
        if not printed:
            return f"the mailbox of vm{vm} is not printed"
        if fault := first_difference(printed, box(state, layout.mailbox(vm).start) or {},
                                     "entries of the mailbox"):
            return f"vm{vm}: {fault}"
    return ""


def counted(state: State, vcpus: int, vm: int) -> tuple[int, ...]:
    """The exit counters of a VM's vCPU in memory."""
    raw = state.memory.read(vcpus + vm * VCPU_SIZE + EXITS,
                            8 * EXIT_CLASSES) or bytes(8 * EXIT_CLASSES)
    return struct.unpack(f"<{EXIT_CLASSES}Q", raw)


def exits_are_as_printed(evidence: Evidence) -> str:
    state, vcpus = evidence.run.state("end, written"), symbols(evidence.image.read_bytes()).get(
        "vcpus")
    if not state:
        return not_reached(evidence, "end")
    if vcpus is None:
        return "the image has no array vcpus"
    for vm in VMS:
        counts = counted(state, vcpus, vm)
        there = {SHORT[ec]: counts[ec] for ec in CLASSES if counts[ec]}
        if fault := first_difference(exits(evidence.run.text, vm), there,
                                     "exit counters that are not 0"):
            return f"vm{vm}: {fault}"
    return ""


def values_are_logged(evidence: Evidence, vm: int) -> str:
    """The arguments of guest_log_value() are in the mailbox when the guest has ended."""
    end = evidence.run.state("end")
    calls = [state for state in evidence.run.states if state.name == LOGGED][:LOGGED_ONCE]
    if not calls:
        return f"vm{vm} does not call guest_log_value(): {evidence.run}"
    if not end:
        return not_reached(evidence, "end")
    there = box(end, layout_of(evidence.image).mailbox(vm).start)
    if there is None:
        return f"vm{vm} has no mailbox in memory"
    for call in calls:
        key = string(end.memory, call.x[0])
        if there.get(key) != call.x[1]:
            held = "has another value than was logged" if key in there else "is missing"
            return f"vm{vm}'s mailbox: {key} {held}"
    return ""
