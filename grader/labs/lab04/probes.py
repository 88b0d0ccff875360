# SPDX-License-Identifier: MIT
"""Probes of lab 4: the world switch and every exit. Imported modules have more."""

from __future__ import annotations

from ...model.vcpu import EC_COUNT, EXIT_CLASSES, EXITS, HYP_SP, VCPU_SIZE
from ...qemu.inferior_call import Lost, Prober, Registers
from ..probe import Probe
from . import aborts
from . import calls
from . import memory
from .exit_handlers import (
    CHARACTERS, RESCHEDULE, RESUME, VCPU, expected, handled, loaded, pattern, syndrome, unchanged,
)  # fmt: skip
from .machine import CPTR, HCR

SYNC, IRQ, FIQ, SERROR = 0, 1, 2, 3
EC_WFX = 0x01
REASONS = ("EXIT_SYNC", "EXIT_IRQ", "EXIT_FIQ", "EXIT_SERROR")
ERET = 0xD69F_03E0


def _world_switches(prober: Prober) -> str:
    """guest_enter() and each of the four exits: the guest's registers, EL2's, the reason."""
    vcpu, vectors = prober.in_stack(VCPU), prober.address("guest_vectors")
    guest, after, own = ([pattern(kind, n) for n in range(31)] for kind in (0x5A, 0xC3, 0x77))
    begin = prober.address("guest_enter")
    eret = next((at for at in range(begin, begin + 0x200, 4) if prober.code.get(at) == ERET), 0)
    for reason, name in enumerate(REASONS):
        prober.write_words(vcpu, *guest, *[0] * ((VCPU_SIZE - HYP_SP) // 8))
        saved = {f"x{n}": own[n] for n in range(19, 30)}
        before = prober.home.at(begin, **saved, x0=vcpu, x30=prober.landing)
        prober.set_registers(before)
        with prober.stops(eret):
            inside = prober.go()
        if inside.sp != vcpu:
            return (
                f"SP is 0x{inside.sp:x} at the ERET into the guest, but the vCPU is at 0x{vcpu:x}")
        for n, (seen, wanted) in enumerate(zip(inside.x, guest)):
            if seen != wanted:
                return (
                    f"x{n} is 0x{seen:x} at the ERET into the guest, but 0x{wanted:x} in the vCPU")
        taken = {f"x{n}": after[n] for n in range(31)}
        prober.set_registers(inside.at(vectors + 0x400 + 0x80 * reason, **taken))
        back = prober.go()
        slot = f"the exit at 0x{0x400 + 0x80 * reason:x}"
        if back.x[0] & 0xFFFF_FFFF != reason:
            return f"{slot} returns {back.x[0] & 0xFFFF_FFFF}, not {name}, which is {reason}"
        if back.sp != before.sp:
            return f"SP is 0x{back.sp:x} after {slot}, but was 0x{before.sp:x} before guest_enter()"
        for n in range(19, 30):
            if back.x[n] != own[n]:
                return f"EL2's x{n} is 0x{back.x[n]:x} after {slot}, but was 0x{own[n]:x}"
        for n, (seen, wanted) in enumerate(zip(prober.words(vcpu, 31), after)):
            if seen != wanted:
                return f"{slot} saves 0x{seen:x} as the guest's x{n}, not 0x{wanted:x}"
    return ""


# Task 3: bits that are not in the table and do not affect EL2.
JUNK_HCR = 1 << 23 | 1 << 9 | 1 << 2  # TPCP, FB, PTW
JUNK_CPTR = 1 << 31  # TCPAC
RW = 1 << 31
CPTR_RES1 = 0x33FF


def _config_is_whole(prober: Prober) -> str:
    """guest_config() writes all bits of HCR_EL2, CPTR_EL2 and VBAR_EL2."""
    before = prober.system("HCR_EL2", "CPTR_EL2")
    prober.set_system(HCR_EL2=RW | JUNK_HCR, CPTR_EL2=CPTR_RES1 | JUNK_CPTR)
    prober.call("guest_config")
    hcr, cptr, vbar = prober.system("HCR_EL2", "CPTR_EL2", "VBAR_EL2")
    prober.set_system(HCR_EL2=before[0], CPTR_EL2=before[1])
    for name, value, wanted, junk in (("HCR_EL2", hcr, HCR, JUNK_HCR),
                                      ("CPTR_EL2", cptr, CPTR, JUNK_CPTR)):
        for what, mask in wanted.must.items():
            if value & mask != mask:
                return (f"guest_config() does not set {what} in {name}, which is 0x{value:x}"
                        " afterwards")
        if value & junk:
            return f"guest_config() leaves the earlier bits 0x{value & junk:x} in {name}"
    vectors = prober.address("guest_vectors")
    return ("" if vbar == vectors
            else f"VBAR_EL2 is 0x{vbar:x} after guest_config(), not 0x{vectors:x}")


CLASSES = {0x00: "EC_UNKNOWN", 0x01: "EC_WFX", 0x18: "EC_SYSREG", 0x0E: "EC_ILLEGAL", 0x3F: "0x3f"}


def _exits_are_counted(prober: Prober) -> str:
    """trap_handle() counts each exit in its own counter only."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    vcpu = loaded(prober)
    exits = [(SYNC, ec, ec, f"EXIT_SYNC of class {name}") for ec, name in CLASSES.items()]
    exits += [(r, 0x16, EC_COUNT + r - IRQ, REASONS[r]) for r in (IRQ, FIQ, SERROR)]
    for reason, ec, place, what in exits:
        count = EXIT_CLASSES + 1  # and the word after them
        before = prober.words(vcpu + EXITS, count)
        handled(prober, "trap_handle", reason, syndrome(ec, 0))
        after = prober.words(vcpu + EXITS, count)
        changes = {n: new - old for n, (old, new) in enumerate(zip(before, after)) if new != old}
        if changes != {place: 1}:
            seen = ", ".join(f"exits[{n}] by {change}" for n, change in changes.items())
            return f"{what} is counted in {seen or 'nothing'}, not in exits[{place}] by 1"
    return ""


def _waits_are_stepped_over(prober: Prober) -> str:
    """A WFI or WFE leaves PC and BTYPE as an executed instruction does, and no register changed."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    for iss, what in enumerate(("WFI", "WFE")):
        outcome = handled(prober, "trap_handle", SYNC, syndrome(EC_WFX, iss))
        if fault := expected(outcome, RESUME, None, 4, unchanged(but=-1)):
            return f"a trapped {what}: trap_handle() {fault}"
    return ""


def _interrupts_have_handlers(prober: Prober) -> str:
    """The handler of a reason is called with the vCPU, and its result is returned."""
    prober.keep_characters(prober.in_stack(CHARACTERS))
    handler = prober.address("park")  # which is never called
    for reason in (IRQ, FIQ, SERROR):
        called = []

        def at(now: Registers) -> Registers:
            if now.pc != handler:
                raise Lost(f"it stopped at 0x{now.pc:x}")
            called.append(now.x[0])
            return now.at(now.x[30], x0=RESCHEDULE)

        prober.write_words(prober.address("interrupt_handlers") + 8 * reason, handler)
        with prober.stops(handler):
            outcome = handled(prober, "trap_handle", reason, syndrome(0x16, 0), at=at)
        prober.write_words(prober.address("interrupt_handlers") + 8 * reason, 0)
        if called != [loaded(prober)]:
            return (f"{REASONS[reason]}: its handler is called {len(called)} times, not once with"
                    " the vCPU")
        if fault := expected(outcome, RESCHEDULE, None, 0):
            return (
                f"{REASONS[reason]}, whose handler returns TRAP_RESCHEDULE: trap_handle() {fault}")
    return ""


# After each task, and where a vCPU is loaded.
SWITCH, CONFIG, DISPATCH, CALLS = (f"task lab04.{task}" for task in (3, 4, 5, 6))
MEMORY, ENTER = "selftest_end", "checkpoint enter"

PROBES = (
    Probe("lab04.2.every_exit", SWITCH, _world_switches),
    Probe("lab04.3.whole", CONFIG, _config_is_whole),
    Probe("lab04.4.each_counted", DISPATCH, _exits_are_counted),
    Probe("lab04.4.stepped", DISPATCH, _waits_are_stepped_over),
    Probe("lab04.4.reasons", DISPATCH, _interrupts_have_handlers),
    Probe("lab04.5.immediates", CALLS, calls.services_by_all_of_the_immediate),
    Probe("lab04.5.smc_only_0", CALLS, calls.smc_is_not_a_hypercall),
    Probe("lab04.5.psci", CALLS, calls.functions_of_psci),
    Probe("lab04.6.translates", MEMORY, memory.addresses_are_translated),
    Probe("lab04.6.reports", MEMORY, calls.reports_are_exact),
    Probe("lab04.6.once", MEMORY, calls.record_is_fetched_once),
    Probe("lab04.6.edges", MEMORY, memory.edges_are_exact),
    Probe("lab04.6.pages", MEMORY, memory.pages_are_followed),
    Probe("lab04.6.stage2", MEMORY, memory.stage2_is_asked),
    Probe("lab04.6.caches", MEMORY, memory.caches_are_cleaned),
    Probe("lab04.7.faults", ENTER, aborts.every_fault_is_named),
    Probe("lab04.7.accesses", ENTER, aborts.every_access_is_emulated),
)
