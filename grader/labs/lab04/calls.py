# SPDX-License-Identifier: MIT
"""Probes of hypercalls: every kind of immediate, function and record."""

from __future__ import annotations

import struct

from ...core.kit import KIT
from ...model.layout import numbers
from ...model.vcpu import STOPPED
from ...qemu.inferior_call import WORD, Prober
from .exit_handlers import (
    CHARACTERS, PC, RESCHEDULE, RESUME, STOP, Outcome, expected, handled, loaded, syndrome,
    unchanged,
)  # fmt: skip

CALLS = numbers(KIT / "common/include/hypercall.h")
PSCI = numbers(KIT / "common/include/smccc.h")
HVC, SMC = 0x16, 0x17
NOT_SUPPORTED = -1
JUNK = 0xDEAD << 48  # above w0
SERVICES = {number for name, number in CALLS.items() if name.startswith("HVC_")}
# Numbers next to those of services, and numbers that share bits with them.
UNUSED = tuple(sorted({
    0x1, 0x100, 0xFFFF, min(SERVICES - {0}) - 1, max(SERVICES) + 1,
    *(number ^ flipped for number in (CALLS["HVC_TASK_REPORT"], CALLS["HVC_YIELD"])
      for flipped in (0x100, 0x8000)),
    *(CALLS[name] << 8 & 0xFFFF for name in ("HVC_TASK_REPORT", "HVC_YIELD")),
} - SERVICES))
UNKNOWN_FUNCTIONS = (0x8400_FF00, 0xC600_0000, 0x0000_0000, 0xFFFF_FFFF)
ENDS = {
    "PSCI_CPU_OFF": "PSCI CPU_OFF",
    "PSCI_SYSTEM_OFF": "PSCI SYSTEM_OFF",
    "PSCI_SYSTEM_RESET": "PSCI SYSTEM_RESET, which stops the VM here",
}


def hvc(prober: Prober, immediate: int, x0: int) -> Outcome:
    esr = syndrome(HVC, immediate)
    return handled(prober, "hypercall_handle", esr, esr, {0: x0})


def smc(prober: Prober, immediate: int, x0: int) -> Outcome:
    esr = syndrome(SMC, immediate)
    return handled(prober, "smc_handle", esr, esr, {0: x0})


def services_by_all_of_the_immediate(prober: Prober) -> str:
    """HVC: an unknown number is not supported, even if part of it is a service's."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    outcome = hvc(prober, 0, PSCI["PSCI_VERSION"])
    if fault := expected(outcome, RESUME, PSCI["PSCI_VERSION_1_1"], 0, unchanged()):
        return f"HVC #0, PSCI_VERSION: {fault}"
    if fault := expected(hvc(prober, 0, PSCI["PSCI_SYSTEM_OFF"]), STOP, None, 0):
        return f"HVC #0, PSCI_SYSTEM_OFF: {fault}"
    for immediate in UNUSED:
        outcome = hvc(prober, immediate, PSCI["PSCI_VERSION"])
        fault = expected(outcome, RESUME, NOT_SUPPORTED, 0, unchanged())
        if fault or outcome.printed:
            return f"HVC #0x{immediate:x}: {fault or outcome.printed}"
    outcome = hvc(prober, CALLS["HVC_YIELD"], 1)
    if fault := expected(outcome, RESCHEDULE, 0, 0, unchanged()):
        return f"HVC #0x{CALLS['HVC_YIELD']:x}, yield: {fault}"
    return ""


def smc_is_not_a_hypercall(prober: Prober) -> str:
    """SMC with an immediate other than 0 is not supported, and skipped."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    services = [value for name, value in CALLS.items() if name.startswith("HVC_") and value]
    for immediate in (*services, *UNUSED):
        outcome = smc(prober, immediate, PSCI["PSCI_VERSION"])
        fault = expected(outcome, RESUME, NOT_SUPPORTED, 4, unchanged())
        if fault or outcome.printed:
            return f"SMC #0x{immediate:x}: {fault or outcome.printed}"
    return ""


def functions_of_psci(prober: Prober) -> str:
    """HVC #0 and SMC #0: versions, three functions that stop the VM, and unknown ones."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    for name, call, step in (("HVC", hvc, 0), ("SMC", smc, 4)):
        for function, result in (
            (PSCI["PSCI_VERSION"], PSCI["PSCI_VERSION_1_1"]),
            (PSCI["SMCCC_VERSION"], PSCI["SMCCC_VERSION_1_1"]),
            *((number, NOT_SUPPORTED) for number in UNKNOWN_FUNCTIONS),
        ):
            outcome = call(prober, 0, JUNK | function)
            if fault := expected(outcome, RESUME, result, step, unchanged()):
                return f"{name} #0, function 0x{function:x}: {fault}"
        for ending, words in ENDS.items():
            outcome = call(prober, 0, JUNK | PSCI[ending])
            line = f"[trap] vm0 stopped: {words} (PC 0x{PC + step:x})"
            fault = expected(outcome, STOP, None, step)
            if not fault and outcome.state != STOPPED:
                fault = "the vCPU's state is not VCPU_STOPPED"
            if not fault and line not in outcome.printed.splitlines():
                fault = f"prints {outcome.printed.strip() or 'nothing'}, not {line}"
            if fault:
                return f"{name} #0, {ending}: {fault}"
    return ""


REPORT = struct.Struct("<IIQQQ16s")


LARGE = (0xFFFF_FFFF, WORD, 1 << 63, WORD - 1)
REPORTS = (
    (1, *LARGE, b"abcdefghijklmno", 0),
    (1, 0, 0, 0, 0, b"~", 0),
    (0, *LARGE, b"probe", -3),
    (0x101, *LARGE, b"probe", -3),
    (1, *LARGE, b"abcdefghijklmnop", -3),
    (1, *LARGE, b"", -3),
    (1, *LARGE, b"two words", -3),
    (1, *LARGE, b"\x1b[2J", -3),
)


def reports_are_exact(prober: Prober) -> str:
    """A good record is one line with all digits; a bad one returns -3 and prints no line."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    record = prober.layout.slot(0).start + 0x10FF0  # it crosses the end of a page
    for version, task, sequence, work, when, name, result in REPORTS:
        prober.write(record, REPORT.pack(version, task, sequence, work, when, name))
        outcome = hvc(prober, CALLS["HVC_TASK_REPORT"], record)
        shown = name.decode("latin-1")
        what = f"version {version}, task {task}, name {shown!r}"
        if fault := expected(outcome, RESUME, result, 0, unchanged()):
            return f"a record with {what}: {fault}"
        line = f"[report] vm0 task {task} {shown}: sequence {sequence}, work {work}, at {when} ns"
        if outcome.printed.splitlines() != ([line] if result == 0 else []):
            printed, wanted = outcome.printed.strip(), "nothing" if result else line
            return f"a record with {what}: prints {printed or 'nothing'}, not {wanted}"
    return ""


def record_is_fetched_once(prober: Prober) -> str:
    """No byte of a record is copied twice: the guest may change it in between."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    record = prober.layout.slot(0).start + 0x10000
    prober.write(record, REPORT.pack(1, 7, 1, 42, 1000, b"probe"))
    copied: list[range] = []

    place, vcpu = prober.address("guest_copy_from"), loaded(prober)
    prober.write_words(vcpu, record)
    prober.begin("hypercall_handle", vcpu, syndrome(HVC, CALLS["HVC_TASK_REPORT"]))
    with prober.stops(place):
        while (now := prober.go()).pc == place:
            copied.append(range(now.x[2], now.x[2] + now.x[3]))
            prober.step()
    for n, part in enumerate(copied):
        if any(part.start < other.stop and other.start < part.stop for other in copied[:n]):
            return f"guest_copy_from() copies 0x{part.start:x} for the second time"
    return "" if copied else "guest_copy_from() is never called"
