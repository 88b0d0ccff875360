# SPDX-License-Identifier: MIT
"""Calls of exit handlers, with a guest at a known PC and in a known state."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from ...model.vcpu import STATE
from ...qemu.inferior_call import WORD, At, Prober, stray

RESUME, RESCHEDULE, STOP = 0, 1, 2  # enum trap_result of traps.h
RESULTS = ("TRAP_RESUME", "TRAP_RESCHEDULE", "TRAP_STOP")

# In the lower half of EL2's stack: printed characters, a vCPU, memory to copy to.
CHARACTERS, VCPU, BUFFER = 0, 0xC00, 0x1000


def pattern(kind: int, n: int) -> int:
    return kind << 48 | n << 40 | 0x11 * (n + 1)


def syndrome(ec: int, iss: int) -> int:
    return ec << 26 | 1 << 25 | iss


def signed(value: int, bits: int = 64) -> int:
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)


def unchanged(but: int = 0) -> dict[int, int]:
    """The guest's registers as handled() sets them, with hyp_sp as number 31, without one."""
    return {n: pattern(0x5A, n) for n in range(32) if n != but}


def loaded(prober: Prober) -> int:
    """The vCPU whose EL1 state is in the registers: struct cpu of cpu.h."""
    if "vcpu" not in prober.known:
        (cpu,) = prober.system("TPIDR_EL2")
        prober.known["vcpu"] = prober.words(cpu, 1)[0]
    return prober.known["vcpu"]


PC, PSTATE = 0x4100_0100, 0x3C5
BTYPE = 0xC00  # of SPSR_EL2


@dataclass(frozen=True)
class Outcome:
    """The results of a handler."""

    result: int
    x: tuple[int, ...]  # x0 to x30, hyp_sp
    state: int
    pc: int
    pstate: int
    printed: str


def handled(
    prober: Prober,
    function: str,
    argument: int,
    esr: int,
    x: Mapping[int, int] = {},
    at: At = stray,
    **system: int,
) -> Outcome:
    """Call a handler, with the guest at PC and its registers full of a pattern."""
    vcpu = loaded(prober)
    general = [x.get(n, pattern(0x5A, n)) for n in range(32)]
    prober.put(vcpu, struct.pack("<32Q", *general))
    prober.put(vcpu + STATE, bytes(4))
    registers = {"ELR_EL2": PC, "SPSR_EL2": PSTATE | BTYPE, "ESR_EL2": esr, **system}
    result, pc, pstate = prober.call(
        function, vcpu, argument, at=at, system=registers, then=["ELR_EL2", "SPSR_EL2"]
    )
    words = prober.words(vcpu, STATE // 8 + 1)
    printed = prober.printed(prober.in_stack(CHARACTERS))
    return Outcome(result & 0xFFFF_FFFF, words[:32], words[STATE // 8] & 0xFFFF_FFFF, pc, pstate,
                   printed)


def expected(
    outcome: Outcome, result: int, x0: Optional[int], advanced: int, changed: Mapping[int, int] = {}
) -> str:
    """Return what is wrong with an outcome: its result, the guest's registers, its PC and BTYPE."""
    if outcome.result != result:
        names = dict(enumerate(RESULTS))
        return f"returns {names.get(outcome.result, hex(outcome.result))}, not {RESULTS[result]}"
    if outcome.pc != PC + advanced:
        return f"ELR_EL2 advances by {signed(outcome.pc - PC)}, not by {advanced}"
    if advanced and outcome.pstate & BTYPE:
        return (
            "skips the instruction and does not clear SPSR_EL2.BTYPE")
    values = {**changed, **({} if x0 is None else {0: x0})}
    for n, seen in enumerate(outcome.x):
        wanted = values.get(n)
        if wanted is not None and seen != wanted & WORD:
            return f"x{n} is {number(seen)}, not {number(wanted)}"
    return ""


def number(value: int) -> str:
    value = signed(value)
    return str(value) if -16 < value < 0 else f"0x{value & WORD:x}"
