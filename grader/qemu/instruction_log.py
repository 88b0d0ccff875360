# SPDX-License-Identifier: MIT
"""Log the executed instructions of a boot whose order matters.

QEMU executes in order, has no caches, and a write of a system register takes effect at
once. So a missing barrier has no effect, and no transcript shows it. But QEMU can log the
executed instructions. We keep barriers, TLB and cache maintenance, writes of system
registers, and entries of functions. QEMU can also log accesses to the redistributor and
the registers before each instruction. Then we keep stores to a mailbox, and the memory of
cache maintenance.

A guest's events have the name of its VM as prefix: "vm0 isb".
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Optional

from ..model.elf import EXECUTE, segments, symbols
from ..model.instruction_words import ERET, ISB, SB, WFI
from ..model.store_operands import is_store, stores

LINE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)
# A block that QEMU enters and then gives up, to do I/O precisely or for an interrupt.
GIVEN_UP = r"cpu_io_recompile: rewound|Stopped execution of TB"
ENTERED = re.compile(rf"^(?:Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/|{GIVEN_UP})", re.MULTILINE)
LOG_BYTES = 32 << 20
MOST_RANGES = 1000  # our stages have about 100
NEIGHBOURS = 16  # bytes between two addresses of a range; loops in between would fill the log

# If the log shows registers, they follow the instruction.
DUMPED = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/.*\n((?:[ X].*\n)*)", re.MULTILINE)
REGISTER = re.compile(r"\b(X\d\d|SP)=([0-9a-f]{16})")
NUMBERS = {**{f"X{n:02}": n for n in range(31)}, "SP": 31}
CACHE = re.compile(r"\bdc \w+$")
DEVICE = r"gicv3_redist_(?:(read|write)|bad(?:read|write)) .*: offset 0x([0-9a-f]+) "
LINE_OR_DEVICE = re.compile(rf"{LINE.pattern}|^{DEVICE}", re.MULTILINE)
# IHI 0069, "The GIC Redistributor register map": registers in rules, by offset from RD_base.
GICR = {0: "gicr_ctlr", 0x10180: "gicr_icenabler0"}

# Arm ARM, "A64 instruction set encoding": hints, barriers, system instructions.
FIXED = {ISB: "isb", SB: "sb", WFI: "wfi", ERET: "eret"}
BARRIERS = {0xD503_309F: "dsb", 0xD503_30BF: "dmb"}
DOMAINS = {1: "oshld", 2: "oshst", 3: "osh", 5: "nshld", 6: "nshst", 7: "nsh",
           9: "ishld", 10: "ishst", 11: "ish", 13: "ld", 14: "st", 15: "sy"}  # fmt: skip

# op0, op1, CRn, CRm, op2 of each register in a lab's rules.
SYSTEM = {
    (1, 4, 8, 7, 0): "tlbi alle2", (1, 4, 8, 3, 0): "tlbi alle2is",
    (1, 4, 8, 7, 1): "tlbi vae2", (1, 4, 8, 3, 1): "tlbi vae2is",
    (1, 4, 8, 7, 5): "tlbi vale2", (1, 4, 8, 3, 5): "tlbi vale2is",
    (1, 4, 8, 4, 1): "tlbi ipas2e1", (1, 4, 8, 0, 1): "tlbi ipas2e1is",
    (1, 4, 8, 4, 5): "tlbi ipas2le1", (1, 4, 8, 0, 5): "tlbi ipas2le1is",
    (1, 0, 8, 7, 0): "tlbi vmalle1", (1, 0, 8, 3, 0): "tlbi vmalle1is",
    (1, 4, 8, 7, 6): "tlbi vmalls12e1", (1, 4, 8, 3, 6): "tlbi vmalls12e1is",
    (1, 4, 8, 7, 4): "tlbi alle1", (1, 4, 8, 3, 4): "tlbi alle1is",
    (1, 0, 7, 5, 0): "ic iallu", (1, 0, 7, 1, 0): "ic ialluis",
    (1, 3, 7, 4, 1): "dc zva", (1, 0, 7, 6, 1): "dc ivac", (1, 3, 7, 10, 1): "dc cvac",
    (1, 3, 7, 14, 1): "dc civac",
    (1, 0, 7, 8, 0): "at s1e1r", (1, 0, 7, 8, 1): "at s1e1w",
    (1, 4, 7, 8, 4): "at s12e1r", (1, 4, 7, 8, 5): "at s12e1w",
    (3, 0, 7, 4, 0): "par_el1", (3, 0, 12, 12, 0): "icc_iar1_el1",
    (3, 0, 12, 12, 1): "icc_eoir1_el1", (3, 0, 12, 11, 1): "icc_dir_el1",
    (3, 0, 12, 12, 7): "icc_igrpen1_el1", (3, 0, 2, 0, 0): "ttbr0_el1",
    (3, 0, 2, 0, 1): "ttbr1_el1",
    (3, 0, 1, 0, 0): "sctlr_el1", (3, 0, 2, 0, 2): "tcr_el1", (3, 0, 10, 2, 0): "mair_el1",
    (3, 0, 12, 0, 0): "vbar_el1", (3, 4, 14, 0, 3): "cntvoff_el2",
    (3, 4, 1, 0, 0): "sctlr_el2", (3, 4, 1, 1, 0): "hcr_el2", (3, 4, 1, 1, 2): "cptr_el2",
    (3, 4, 1, 1, 1): "mdcr_el2", (3, 4, 2, 0, 0): "ttbr0_el2", (3, 4, 2, 0, 2): "tcr_el2",
    (3, 4, 10, 2, 0): "mair_el2", (3, 4, 12, 0, 0): "vbar_el2", (3, 4, 2, 1, 0): "vttbr_el2",
    (3, 3, 14, 3, 1): "cntv_ctl_el0", (3, 3, 14, 3, 2): "cntv_cval_el0",
    (3, 4, 14, 2, 1): "cnthp_ctl_el2", (3, 4, 14, 2, 2): "cnthp_cval_el2",
    (3, 4, 14, 2, 0): "cnthp_tval_el2",
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """A rule: between each `first` and the next `until` there must be a `wanted`.

    All three are regular expressions for whole names: "dsb ish", "msr vttbr_el2",
    or "say()" for an entry of that function. `why` is what is wrong without it.
    If `begin` is given the rule holds only from there to the next `end`. `who` is the
    VM whose instructions count ("vm0"), without those of its exception handlers.
    """

    first: str
    wanted: str
    until: str
    why: str
    begin: str = ""
    end: str = ""
    who: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.first, self.wanted, self.until, self.begin, self.end

    def fault(self, events: Sequence[str]) -> Optional[str]:
        """Return what breaks the rule, an empty string, or None if no `first` happened."""
        if self.who:
            events = list(_between_exceptions(events, self.who))
        names = set(events)  # few different ones
        first, wanted, until, begin, end = ({n for n in names if re.fullmatch(e, n)}
                                            for e in self.names)
        since, kept, holds = "", False, not self.begin
        for event in events:
            if event in begin:
                since, holds = "", True
            elif event in end:
                since, holds = "", False
            if not holds:
                continue
            if since and event in until:
                return f"{event} follows {since}, {self.why}"
            if event in wanted:
                since, kept = "", kept or bool(since)
            elif event in first:
                since = event
        return "" if kept else None


def _between_exceptions(events: Iterable[str], who: str) -> Iterator[str]:
    """Yield a VM's events without its name and without those of its exception handlers."""
    handled = False
    for event in events:
        owner, _, name = event.partition(" ")
        if owner == who:
            handled = name == "exception" or handled and name != "eret"
            if not handled:
                yield name


def name_of(word: int) -> str:
    """Return the name of an instruction, or nothing if no order depends on it."""
    if word in FIXED:
        return FIXED[word]
    if word & 0xFFFF_F0DF == 0xD503_40DF:  # D, A, I or F of PSTATE
        return "msr daifclr" if word & 0x20 else "msr daifset"
    if (word & ~0xF00) in BARRIERS:
        return f"{BARRIERS[word & ~0xF00]} {DOMAINS.get(word >> 8 & 15, 'reserved')}"
    if word >> 22 != 0b1101010100 or not word >> 19 & 3:
        return ""
    op0, op1 = word >> 19 & 3, word >> 16 & 7
    name = SYSTEM.get((op0, op1, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7), "")
    if op0 == 1 or not name:
        return name
    return f"{'mrs' if word >> 21 & 1 else 'msr'} {name}"


@dataclass(frozen=True)
class Plan:
    """What to log of a boot, and the names of the events.

    `names`: what is at an address, or begins there. `words`: the instructions of which it
    counts what memory they are for. `regions`: that memory.
    """

    names: Mapping[int, Sequence[str]]
    words: Mapping[int, int] = field(default_factory=dict)
    regions: Mapping[str, range] = field(default_factory=dict)
    devices: bool = False  # also log accesses to the redistributor

    def __or__(self, other: Plan) -> Plan:
        """Combine two plans. Programs of one boot have no common address."""
        return Plan(
            {**self.names, **other.names},
            {**self.words, **other.words},
            {**self.regions, **other.regions},
            self.devices or other.devices,
        )


def places(image: Path, rules: Iterable[Order], who: str = "") -> Plan:
    """Return where a program of a VM or of EL2 has what the rules name."""
    data, prefix = image.read_bytes(), who and f"{who} "
    parts = [name for rule in rules if rule.who == who for name in rule.names if name]
    wanted = re.compile("|".join(parts))
    found: dict[int, list[str]] = {}
    for name, address in symbols(data).items():
        if wanted.fullmatch(f"{name}()"):
            found.setdefault(address, []).append(f"{prefix}{name}()")
    for address, word in code(data):
        if wanted.fullmatch(name_of(word)):
            found.setdefault(address, []).append(prefix + name_of(word))
    return Plan(found, devices=any("gicr" in name for name in parts))


def with_operands(image: Path, plan: Plan, kinds: Sequence[str], who: str = "",
                  first: int = 0) -> Plan:
    """Add these instructions of a program ("store", "dc civac") from an address on."""
    names, words = dict(plan.names), dict(plan.words)
    for address, word in code(image.read_bytes()):
        name = "store" if is_store(word) else name_of(word)
        if address >= first and name in kinds:
            names[address] = [*names.get(address, ()), f"{who} {name}" if who else name]
            words[address] = word
    return replace(plan, names=names, words=words)


def code(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield every word of an image that may be an instruction, with its address."""
    for segment in segments(data):
        if segment.flags & EXECUTE:
            size = segment.file_size // 4
            words = struct.unpack_from(f"<{size}I", data, segment.offset)
            yield from zip(range(segment.address, segment.address + 4 * size, 4), words)


@lru_cache(maxsize=4)
def version(qemu: str) -> Optional[tuple[int, int]]:
    """QEMU's version, if it says one."""
    said = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    match = re.search(r"version (\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else None


def one_insn_per_block(qemu: str) -> tuple[str, ...]:
    """The option was called -singlestep before QEMU 8.1."""
    found = version(qemu)
    return ("-singlestep",) if found and found < (8, 1) else ("-accel", "tcg,one-insn-per-tb=on")


def qemu_options(qemu: str, plan: Plan) -> list[str]:
    """Return options that log the plan's instructions, and few others, on stderr."""
    filters = ",".join(f"0x{at.start:x}+0x{len(at):x}" for at in ranges(plan.names)) or "0+0x4"
    registers = ",cpu" if plan.words else ""
    devices = ("-trace", "gicv3_redist_*") if plan.devices else ()
    return [*one_insn_per_block(qemu), "-d", f"exec,nochain,int{registers}", "-dfilter", filters,
            *devices]


def ranges(addresses: Collection[int], distance: int = NEIGHBOURS) -> list[range]:
    """Join neighbours: QEMU compares each executed instruction with every range.

    All of them must fit in one word of a command line.
    """
    while len(found := _joined(addresses, distance)) > MOST_RANGES:
        distance *= 4
    return found


def _joined(addresses: Collection[int], distance: int) -> list[range]:
    found: list[range] = []
    for address in sorted(addresses):
        near = found and address - found[-1].stop <= distance
        start = found.pop().start if near else address
        found.append(range(start, address + 4))
    return found


def executed(log: str) -> list[int]:
    """Return the addresses of the logged instructions, in order."""
    pcs: list[int] = []
    for address in ENTERED.findall(log):
        if address:
            pcs.append(int(address, 16))
        elif pcs:
            pcs.pop()
    return pcs


def events(log: str, plan: Plan) -> Iterator[str]:
    """Yield the events in the order of execution."""
    names = {f"{address:016x}": names for address, names in plan.names.items()}
    if plan.words:
        dumps = ((names.get(address, ()), int(address, 16), dump)
                 for address, dump in DUMPED.findall(log))
        return chain.from_iterable(_resolved(names, address, dump, plan) for names, address,
                                   dump in dumps)
    if not plan.devices:
        return chain.from_iterable(names.get(address, ()) for address in LINE.findall(log))
    return chain.from_iterable(
        names.get(address, ()) if address else [access(how, int(offset, 16))]
        for address, how, offset in LINE_OR_DEVICE.findall(log)
    )


def access(how: str, offset: int) -> str:
    """Name an access to the redistributor. Without `how` the offset has no register."""
    return f"{how or 'bad'} {GICR.get(offset, f'gicr+0x{offset:x}')}"


def _resolved(names: Sequence[str], address: int, dump: str, plan: Plan) -> Iterator[str]:
    """Yield the names of an executed instruction, each with its memory."""
    word = plan.words.get(address)
    registers = {NUMBERS[name]: int(value, 16)
                 for name, value in REGISTER.findall(dump)} if word else {}
    for name in names:
        if word and name.endswith("store"):
            for store in stores(word, registers):
                if store.release:
                    yield name.replace("store", "dmb release")
                if region := _region_of(store.address, plan):
                    yield f"{name} {region}{'' if store.value else ' 0'}"
        elif word and CACHE.search(name):
            yield f"{name} {_region_of(registers[word & 31], plan)}".rstrip()
        else:
            yield name


def _region_of(address: int, plan: Plan) -> str:
    return next((name for name, region in plan.regions.items() if address in region), "")
