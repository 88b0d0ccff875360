# SPDX-License-Identifier: MIT
"""What given code said in a boot, as QEMU saw it: the witness of a transcript.

A stage can print what it likes, and it can read the nonce. So the lines are taken from the
machine. QEMU logs, with all registers, each entry of say() and its like, and the way of
the given main program and its self-tests through their own code (flow.py). A line counts
if given code made the call, on its way, and if the UART carried what the arguments say.
QEMU also logs that code as it translates it, so altered code is seen.

The log costs little: QEMU never chains a call to another page, or a return, to the code
before it, and these are what is logged (-d exec,cpu with -dfilter). Virtual time is the
same with it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Optional

from .elf import WRITE, segments, symbols
from .flow import B, BL, Flow, Function, Program, functions, jump
from .kit import KIT
from .linkmap import Piece, map_of, pieces
from .state import State
from .spelled import ANYTHING, pattern
from .trace import code

# What given code says lines with, and checkpoint(): its text is in registers when it is entered.
GATES = ("say", "early_say", "printf", "checkpoint")
PROGRAM = re.compile(r"lab\d\d-\w+/(?:main|selftest)\.[cS]")
HOLES = KIT / "common/make/holes.mk"

RECORD = re.compile(
    rb"^Trace (?P<core>\d+): \S+ \[[0-9a-f]+/(?P<pc>[0-9a-f]+)/.*\n"
    rb"(?P<registers> PC=.*\n(?:X.*\n)+PSTATE=\S+ \S+ EL(?P<level>\d).*\n)"
    rb"|^0x(?P<at>[0-9a-f]{8,16}):  (?P<word>[0-9a-f]{8}) "
    rb"|^(?P<block>(?:OBJD-T: [0-9a-f]+\n)+)",  # a QEMU without a disassembler
    re.MULTILINE,
)
REGISTER = re.compile(rb"\bX(\d\d)=([0-9a-f]{16})")
BEGIN = re.compile(rb"^Trace |^IN: ", re.MULTILINE)
# A block that QEMU enters and gives up for an interrupt is entered once more.
OURS = re.compile(
    rb"^(?:(?:Trace \d+: |Linking TBs |Stopped execution of TB chain | PC=|X\d\d=|PSTATE="
    rb"|-{16}$|IN: |OBJD-T: |0x[0-9a-f]{8,16}:  |cpu_io_recompile: ).*)?\n",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Said:
    """A call of a gate: what it prints, as a pattern; for checkpoint() the name's address."""

    gate: str
    text: str
    back: int  # where it returns to
    x0: int = 0


@dataclass(frozen=True)
class Known:
    """An image, as far as a witness must know it."""

    pieces: Sequence[Piece]
    words: dict[int, int]
    constants: Sequence[tuple[int, bytes]]
    gates: dict[int, str]
    program: Program
    main: int
    given: frozenset[str]

    def options(self) -> list[str]:
        """For QEMU, to log what is looked at."""
        spans = [range(gate, gate + 4) for gate in self.gates]
        for function in self.program.functions:
            spans += without(range(function.piece.start, function.piece.end), self.program.loops)
        spans.sort(key=lambda span: span.start)
        joined: list[range] = []
        for span in spans:
            if joined and joined[-1].stop == span.start:
                joined[-1] = range(joined[-1].start, span.stop)
            else:
                joined.append(span)
        filters = ",".join(f"0x{span.start:x}+0x{len(span):x}" for span in joined) or "0+0x4"
        return ["-d", "int,exec,cpu,in_asm", "-dfilter", filters]

    def code(self, address: int, size: int) -> bytes:
        words = [self.words.get(at, 0) for at in range(address, address + size, 4)]
        return struct.pack(f"<{len(words)}I", *words)

    def text(self, address: int) -> Optional[str]:
        """The constant string there."""
        for start, data in self.constants:
            if start <= address < start + len(data):
                raw = data[address - start :].split(b"\0", 1)[0]
                return raw.decode("latin-1")
        return None

    def piece(self, address: int) -> Optional[Piece]:
        return next((p for p in self.pieces if p.start <= address < p.end), None)

    def is_given(self, piece: Optional[Piece]) -> bool:
        return bool(piece) and piece.source in self.given

    def calls(self, back: int, gate: int) -> bool:
        """Given code that returns to `back` has called the gate, or a given function that ends with it."""
        if not self.is_given(self.piece(back - 4)) or self.words.get(back - 4, 0) >> 26 != BL:
            return False
        target = jump(back - 4, self.words[back - 4])
        piece = self.piece(target)
        if target == gate or not piece or not self.is_given(piece):
            return target == gate
        inside = range(piece.start, piece.end, 4)
        return any(self.words[at] >> 26 == B and jump(at, self.words[at]) == gate for at in inside)


def without(span: range, holes: Sequence[range]) -> Iterator[range]:
    """The parts of a span outside of the holes."""
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
    speaking = that_speak(functions(own, words), set(gates) | {names.get("hyp_main", 0)})
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
    )


def that_speak(program: Sequence[Function], gates: set[int]) -> list[Function]:
    """The functions that call a gate, or one that does; and the gates among them."""
    while True:
        found = [f for f in program if f.piece.start in gates or gates & set(f.calls.values())]
        starts = {function.piece.start for function in found}
        if starts <= gates:
            return found
        gates = gates | starts


def given_sources(sources: set[str]) -> frozenset[str]:
    """Those that are the kit's own, and have no holes."""
    holes = set(re.findall(r"\S+\.[chS]\b", HOLES.read_text()))
    return frozenset(
        source
        for source in sources
        if source and source not in holes and not source.startswith("solutions/") and (KIT / source).is_file()
    )


def witness(image: Path) -> Witness:
    return Witness(known(image, image.stat().st_mtime_ns))


@dataclass
class Witness:
    """Reads what QEMU logs, as it comes."""

    known: Known
    lines: list[str] = field(default_factory=list)  # a pattern for each line that was said
    checkpoints: list[tuple[int, int]] = field(default_factory=list)  # name's address, return
    altered: int = 0  # where given code was not what the image has
    blocks: list[bytes] = field(default_factory=list)  # translated; it is yet to be seen where
    flows: dict[int, Flow] = field(default_factory=dict)
    begun: str = ""  # a line whose end is yet to be said
    pending: bytes = b""

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
            elif match["block"]:
                self.blocks.append(bytes.fromhex(re.sub(rb"OBJD-T: |\n", b"", match["block"]).decode()))
            elif match["level"] == b"2":
                self.entered(int(match["core"]), int(match["pc"], 16), match["registers"])
        return OURS.sub(b"", text)

    def translated(self, address: int, word: int) -> None:
        if self.known.words.get(address) != word:
            self.altered = self.altered or address

    def entered(self, core: int, address: int, registers: bytes) -> None:
        if self.blocks:  # translated just before, as a rule
            self.blocks = [block for block in self.blocks if block != self.known.code(address, len(block))]
        if self.altered:
            return
        if core not in self.flows:
            self.flows[core] = Flow(self.known.program, self.known.main)
        if address not in self.known.gates:
            self.flows[core].block(address)
            return
        x = {int(n): int(value, 16) for n, value in REGISTER.findall(registers)}
        gate, back = self.known.gates[address], x[30]
        if back in self.known.program.by_address:
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
        elif gate == "say":
            form = text(x[1])
            words = f"{label(text(x[0]))} " + (ANYTHING if form is None else pattern(form, [x[n] for n in range(2, 8)], text))
        elif gate == "early_say":
            head, tail = text(x[1]), text(x[2])
            words = f"{label(text(x[0]))} " + "".join(ANYTHING if t is None else re.escape(t) for t in (head, tail)) + "\n"
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
        calls = iter(self.checkpoints)
        for state in states:
            seen = (state.name, state.back)
            if not state.back or any((self.known.text(at), back) == seen for at, back in calls):
                yield state

    @property
    def said(self) -> tuple[str, ...]:
        if self.blocks:
            return ()
        return (*self.lines, self.begun + ANYTHING) if self.begun else tuple(self.lines)


def label(tag: Optional[str]) -> str:
    return rf"\[{ANYTHING if tag is None else re.escape(tag)}\]"
