# SPDX-License-Identifier: MIT
"""Record what given code printed in a boot, as QEMU saw it.

A stage can print anything, and it can read the nonce. So the lines come from the machine.
QEMU logs, with all registers, each entry of say() and similar functions, and the path of
the given main program and self-tests through their own code (model/control_flow.py). A
line counts if given code made the call on a possible path, and if the UART carried what
the arguments say. QEMU also logs that code when it translates it, so altered code shows.

A guest's line counts if the given runtime of that guest wrote its characters, at EL1.

The log is cheap: only calls to other pages and returns are logged (-d exec,cpu with
-dfilter), and QEMU never chains those to the code before them. Virtual time does not
change.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Optional

from ..core.kit import KIT
from ..model.control_flow import B, BL, Flow, Function, Program, functions, jump
from ..model.elf import PAGE, WRITE, segments, symbols
from ..model.guest_programs import guest_elf, guests_of
from ..model.link_map import Piece, map_of, pieces
from ..model.printf_pattern import ANYTHING, pattern
from ..model.snapshot import State
from .instruction_log import code

# The functions with which given code prints, and checkpoint(). Registers hold the text at entry.
GATES = ("say", "early_say", "printf", "checkpoint", "todo_report")
BEFORE_MAIN = ("lab01.1", "lab01.2", "lab01.3")  # tasks of _start
GUESTS_LINE = "[vm%u%s] %.*s\n"  # of vuart.c
STR_W = 0xB900_0000  # of a word, with an unsigned offset
TRIES_STORES = "lab04-traps/guests/uart/"
PROGRAM = re.compile(r"lab\d\d-\w+/(?:main|selftest)\.[cS]")
HOLES = KIT / "common/make/holes.mk"

RECORD = re.compile(
    rb"^Trace (?P<core>\d+): \S+ \[[0-9a-f]+/(?P<pc>[0-9a-f]+)/.*\n"
    rb"(?P<registers> PC=.*\n(?:X.*\n)+PSTATE=\S+ \S+ EL(?P<level>\d).*\n)"
    rb"|^Stopped execution of TB chain before \S+ \[(?P<again>[0-9a-f]+)\]"
    rb"|^0x(?P<at>[0-9a-f]{8,16}):  (?P<word>[0-9a-f]{8}) "
    rb"|^(?P<block>(?:OBJD-T: [0-9a-f]+\n)+)",  # a QEMU without a disassembler
    re.MULTILINE,
)
REGISTER = re.compile(rb"\bX(\d\d)=([0-9a-f]{16})")
BEGIN = re.compile(rb"^Trace |^IN: ", re.MULTILINE)
# A block that QEMU leaves for an interrupt is entered again.
OURS = re.compile(
    rb"^(?:(?:Trace \d+: |Linking TBs |Stopped execution of TB chain | PC=|X\d\d=|PSTATE="
    rb"|-{16}$|IN: |OBJD-T: |0x[0-9a-f]{8,16}:  |cpu_io_recompile: ).*)?\n",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Said:
    """A call of a gate: a pattern of its output; for checkpoint() the name's address."""

    gate: str
    text: str
    back: int  # the return address
    x0: int = 0


@dataclass(frozen=True)
class Console:
    """Where a guest resumes after EL2 printed its character, and the character's register."""

    vm: int
    register: int


@dataclass(frozen=True)
class Known:
    """What a witness must know of an image."""

    pieces: Sequence[Piece]
    words: dict[int, int]
    constants: Sequence[tuple[int, bytes]]
    gates: dict[int, str]
    program: Program
    main: int
    given: frozenset[str]
    consoles: Mapping[int, Console]

    def options(self) -> list[str]:
        """Return QEMU's options for the log."""
        spans = [range(place, place + 4) for place in (*self.gates, *self.consoles)]
        for function in self.program.functions:
            spans += _without(range(function.piece.start, function.piece.end), self.program.loops)
        spans.sort(key=lambda span: span.start)
        joined: list[range] = []
        for span in spans:
            if joined and joined[-1].stop == span.start:
                joined[-1] = range(joined[-1].start, span.stop)
            else:
                joined.append(span)
        filters = ",".join(f"0x{span.start:x}+0x{len(span):x}" for span in joined) or "0+0x4"
        # A file, because QEMU writes each word separately to an inherited stderr.
        log = "int,exec,cpu,in_asm" + ",nochain" * self.shares_a_page()
        return ["-D", "/dev/stderr", "-d", log, "-dfilter", filters]

    def shares_a_page(self) -> bool:
        """True if a gate and a call of it may be on one page: QEMU would chain the call."""
        calls = [(at, to) for f in self.program.functions
                 for at, to in f.calls.items() if to in self.gates]
        return any(at // PAGE == to // PAGE for at, to in calls)

    def code(self, address: int, size: int) -> bytes:
        words = [self.words.get(at, 0) for at in range(address, address + size, 4)]
        return struct.pack(f"<{len(words)}I", *words)

    def text(self, address: int) -> Optional[str]:
        """Return the constant string at an address."""
        for start, data in self.constants:
            if start <= address < start + len(data):
                raw = data[address - start :].split(b"\0", 1)[0]
                return raw.decode("latin-1")
        return None

    def piece(self, address: int) -> Optional[Piece]:
        return next((p for p in self.pieces if p.start <= address < p.end), None)

    def is_within_gate(self, address: int) -> bool:
        piece = self.piece(address)
        return piece is not None and piece.start in self.gates

    def is_given(self, piece: Optional[Piece]) -> bool:
        return piece is not None and piece.source in self.given

    def calls(self, back: int, gate: int) -> bool:
        """True if the given code before `back` calls the gate, directly or by a tail call."""
        if not self.is_given(self.piece(back - 4)) or self.words.get(back - 4, 0) >> 26 != BL:
            return False
        target = jump(back - 4, self.words[back - 4])
        piece = self.piece(target)
        if target == gate or not piece or not self.is_given(piece):
            return target == gate
        inside = range(piece.start, piece.end, 4)
        return any(self.words[at] >> 26 == B and jump(at, self.words[at]) == gate for at in inside)


def _without(span: range, holes: Sequence[range]) -> Iterator[range]:
    """Yield the parts of a span outside the holes."""
    start = span.start
    for hole in sorted(holes, key=lambda hole: hole.start):
        if hole.start in span:
            if start < hole.start:
                yield range(start, hole.start)
            start = max(start, hole.stop)
    if start < span.stop:
        yield range(start, span.stop)


@lru_cache(maxsize=32)
def known(image: Path, _changed: int) -> Known:
    data = image.read_bytes()
    names, words = symbols(data), dict(code(data))
    gates = {names[name]: name for name in GATES if name in names}
    code_pieces = pieces(map_of(image).read_text())
    own = [piece for piece in code_pieces if PROGRAM.fullmatch(piece.source)]
    speaking = _printing(functions(own, words), set(gates) | {names.get("hyp_main", 0)})
    constants = [
        (s.address, data[s.offset : s.offset + s.file_size])
        for s in segments(data)
        if not s.flags & WRITE
    ]
    return Known(
        code_pieces,
        words,
        constants,
        gates,
        Program(speaking, frozenset(gates)),
        names.get("hyp_main", 0),
        given_sources({piece.source for piece in code_pieces}),
        _consoles(image, words),
    )


def _consoles(image: Path, words: dict[int, int]) -> dict[int, Console]:
    """Return the consoles of guests that use the given one. Add their instructions to `words`."""
    found = {}
    for slot, name in guests_of(image).items():
        elf = guest_elf(image, slot, name)
        data = elf.read_bytes()
        start, guest = symbols(data).get("console_putc", 0), dict(code(data))
        own = pieces(map_of(elf).read_text())
        given = given_sources({piece.source for piece in own})
        if not any(piece.start == start and piece.source in given for piece in own):
            continue
        if any(piece.source.startswith(TRIES_STORES) for piece in own):
            continue  # it prints with every kind of store, and compilers differ
        words.update(guest)
        for piece in own:
            if piece.start != start:
                continue
            for at in range(piece.start, piece.end, 4):
                if guest[at] & 0xFFC0_0000 == STR_W:
                    found[at + 4] = Console(int(slot), guest[at] & 31)
    return found


def _printing(program: Sequence[Function], gates: set[int]) -> list[Function]:
    """Return the functions that call a gate, directly or not, and the gates."""
    while True:
        found = [f for f in program if f.piece.start in gates or gates & set(f.calls.values())]
        starts = {function.piece.start for function in found}
        if starts <= gates:
            return found
        gates = gates | starts


def given_sources(sources: set[str]) -> frozenset[str]:
    """Return the sources that belong to the kit: no holes, no solution, no open task."""
    holes = set(re.findall(r"\S+\.[chS]\b", HOLES.read_text()))
    return frozenset(
        source
        for source in sources
        if source and source not in holes and not source.startswith("solutions/")
        and "/open/" not in source
        and (KIT / source).is_file()
    )


def witness(image: Path) -> Witness:
    return Witness(known(image, image.stat().st_mtime_ns))


@dataclass
class Witness:
    """Reads QEMU's log while it arrives."""

    known: Known
    lines: list[str] = field(default_factory=list)  # a pattern for each printed line
    checkpoints: list[tuple[int, int]] = field(default_factory=list)  # name's address, return
    altered: int = 0  # where given code was not what the image has
    blocks: list[bytes] = field(default_factory=list)  # translated; it is yet to be seen where
    flows: dict[int, Flow] = field(default_factory=dict)
    begun: str = ""  # a line whose end is yet to be said
    pending: bytes = b""
    typed: dict[int, list[str]] = field(default_factory=dict)  # by guests, since their last line

    def options(self) -> list[str]:
        return self.known.options()

    def __call__(self, data: bytes) -> bytes:
        """What is not of the log; of the last record too if there are no more data."""
        text = self.pending + data
        end = len(text)
        if data:
            begins = [match.start() for match in BEGIN.finditer(text)]
            end = begins[-1] if begins else end
        text, self.pending = text[:end], text[end:]
        for match in RECORD.finditer(text):
            if match["word"]:
                self.translated(int(match["at"], 16), int(match["word"], 16))
            elif match["again"]:
                self.not_entered(int(match["again"], 16))
            elif match["block"]:
                self.blocks.append(bytes.fromhex(re.sub(rb"OBJD-T: |\n", b"",
                                                        match["block"]).decode()))
            else:
                address = int(match["pc"], 16)
                if self.blocks:  # translated just before, as a rule
                    self.compare_blocks(address)
                if match["level"] == b"2":
                    self.entered(int(match["core"]), address, match["registers"])
                elif match["level"] == b"1" and (console := self.known.consoles.get(address)):
                    x = _registers_of(match["registers"])
                    self.typed.setdefault(console.vm,
                                          []).append(chr(x.get(console.register, 0) & 0xFF))
        return OURS.sub(b"", text)

    def compare_blocks(self, address: int) -> None:
        """Forget the blocks that are the image's code at the address that is entered."""
        self.blocks = [b for b in self.blocks if b != self.known.code(address, len(b))]

    def not_entered(self, address: int) -> None:
        """It will be logged once more, which matters for characters alone."""
        if console := self.known.consoles.get(address):
            self.typed.get(console.vm, [""]).pop()

    def guests_line(self, vm: int, length: int) -> str:
        """What the guest has written last, as EL2 prints it."""
        text = "".join(self.typed.pop(vm, ())).replace("\r", "").replace("\n", "")
        return "".join(c if " " <= c <= "~" else "?" for c in text[len(text) - length :])

    def translated(self, address: int, word: int) -> None:
        if self.known.words.get(address) != word:
            self.altered = self.altered or address

    def entered(self, core: int, address: int, registers: bytes) -> None:
        if self.altered:
            return
        if core not in self.flows:
            self.flows[core] = Flow(self.known.program, self.known.main)
        if address not in self.known.gates:
            self.flows[core].block(address)
            return
        x = _registers_of(registers)
        gate, back = self.known.gates[address], x[30]
        if self.known.is_within_gate(back):  # say() calls printf(), which is logged now and then
            return
        if gate == "todo_report":  # called from any hole that is reached
            flow = self.flows[core]
            on_its_way = not flow.left if flow.at else self.known.text(x[0]) in BEFORE_MAIN
        elif back in self.known.program.by_address:
            on_its_way = self.flows[core].gate(address, back)
        else:
            on_its_way = self.known.calls(back, address)
        if on_its_way:
            self.hear(Said(gate, self.spelled(gate, x), back, x[0]))

    def spelled(self, gate: str, x: dict[int, int]) -> str:
        """What is printed, with line feeds as they are."""
        text = self.known.text
        if gate == "printf":
            words = pattern(text(x[0]) or "", [x[n] for n in range(1, 8)], text)
            if text(x[0]) == GUESTS_LINE and x[1] in {console.vm
                                                      for console in self.known.consoles.values()}:
                words = rf"\[vm{x[1]}{ANYTHING}\] {re.escape(self.guests_line(x[1], x[3]))}" + "\n"
        elif gate == "say":
            form = text(x[1])
            words = f"{_label(text(x[0]))} " + (
                ANYTHING if form is None else pattern(form, [x[n] for n in range(2, 8)], text))
        elif gate == "early_say":
            head, tail = text(x[1]), text(x[2])
            words = f"{_label(text(x[0]))} " + "".join(ANYTHING if t is None else re.escape(t)
                                                       for t in (head, tail)) + "\n"
        elif gate == "todo_report":
            task, what = (ANYTHING if (t := text(x[n])) is None else re.escape(t) for n in (0, 1))
            words = rf"\[todo\] TODO\({task}\): {what}" + "\n"
        else:
            return ""
        return words.replace("\\\n", "\n")

    def hear(self, said: Said) -> None:
        if said.gate == "checkpoint":
            self.checkpoints.append((said.x0, said.back))
            return
        if said.gate != "printf" and self.begun:
            self.lines.append(self.begun + ANYTHING)  # others ended it
            self.begun = ""
        *whole, self.begun = (self.begun + said.text).split("\n")
        self.lines += whole

    def genuine(self, states: Iterable[State]) -> Iterator[State]:
        """The states without those of a checkpoint() that given code did not call."""
        gates = [at for at, name in self.known.gates.items() if name == "checkpoint"]
        for state in states:
            if not state.back or any(self.known.calls(state.back, gate) for gate in gates):
                yield state

    @property
    def said(self) -> tuple[str, ...]:
        if self.blocks:
            return ()
        return (*self.lines, self.begun + ANYTHING) if self.begun else tuple(self.lines)


def _registers_of(dump: bytes) -> dict[int, int]:
    return {int(n): int(value, 16) for n, value in REGISTER.findall(dump)}


def _label(tag: Optional[str]) -> str:
    return rf"\[{ANYTHING if tag is None else re.escape(tag)}\]"
