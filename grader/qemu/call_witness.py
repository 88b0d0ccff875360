# SPDX-License-Identifier: MIT
"""Record the calls of a script as QEMU saw them, to confirm the script's results.

A called function may write all memory, including the driver's log, and may end the
machine. So QEMU logs, with all registers, each return of a called function to the
driver's hyp_main(), and each return of script_turn(). The driver passes it the result of
the call, a digest of its records, and the number of the next call. A turn without a
return before it did not come from the driver, and nothing after it counts.

Returns are never chained to the code before them, so each is logged (-d exec,cpu).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Optional

from ..model.control_flow import BL, BLR, jump
from ..model.elf import symbols
from ..model.snapshot import State
from .instruction_log import code
from .witness import BEGIN, OURS

ENTRY = re.compile(
    rb"^Trace \d+: \S+ \[[0-9a-f]+/(?P<pc>[0-9a-f]+)/.*\n"
    rb" PC=\S+\s+X00=(\S+)\s+X01=(\S+)\s+X02=(\S+)\s+X03=(\S+)\s+X04=(\S+)\s+X05=(\S+)"
    rb"|^Stopped execution of TB chain before \S+ \[(?P<again>[0-9a-f]+)\]",
    re.MULTILINE,
)
MASK = (1 << 64) - 1


def digest(words: Iterable[int]) -> int:
    """Compute the same as digest_of() in grader/qemu/driver/main.c."""
    return sum(accumulate(words)) & MASK


@dataclass(frozen=True)
class Turn:
    """Between two calls: the arguments of script_turn()."""

    x0: int
    x1: int
    used: int
    digest: int
    function: int
    arguments: int


@dataclass
class Turns:
    """Reads QEMU's log of the driver while it arrives."""

    returns: frozenset[int]  # the return addresses of called functions
    ends: frozenset[int]  # the return addresses of script_turn()
    entries: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    pending: bytes = b""
    said: Optional[tuple[str, ...]] = None  # lines are not recorded: see witness.py

    def options(self) -> list[str]:
        spans = ",".join(f"0x{at:x}+0x4" for at in sorted(self.returns | self.ends)) or "0+0x4"
        return ["-D", "/dev/stderr", "-d", "int,exec,cpu", "-dfilter", spans]

    def __call__(self, data: bytes) -> bytes:
        """Return the text that is not of the log."""
        text = self.pending + data
        end = len(text)
        if data:
            begins = [match.start() for match in BEGIN.finditer(text)]
            end = begins[-1] if begins else end
        text, self.pending = text[:end], text[end:]
        for match in ENTRY.finditer(text):
            if match["again"]:  # QEMU logs it again
                if self.entries and self.entries[-1][0] == int(match["again"], 16):
                    self.entries.pop()
            else:
                pc, *registers = (int(number, 16) for number in match.groups()[:-1])
                self.entries.append((pc, tuple(registers)))
        return OURS.sub(b"", text)

    def genuine(self, states: Sequence[State]) -> Sequence[State]:
        return states

    def __iter__(self) -> Iterator[Turn]:
        """Yield the driver's turns: the first one, then one after the return of each call."""
        returned: tuple[int, ...] = (0, 0)
        for at, registers in self.entries:
            if at in self.returns and not returned:
                returned = registers[:2]
            elif at in self.ends and returned == registers[:2]:
                yield Turn(*registers)
                returned = ()
            else:
                return


def turns_of(image: Path) -> Turns:
    data = image.read_bytes()
    names, words = symbols(data), dict(code(data))
    start, turn = names["hyp_main"], names["script_turn"]
    end = min((at for name, at in names.items() if at > start and name[0] != "$"), default=start)
    calls = {at: words.get(at, 0) for at in range(start, end, 4)}
    return Turns(
        frozenset(at + 4 for at, word in calls.items() if word & 0xFFFF_FC1F == BLR),
        frozenset(at + 4
                  for at, word in calls.items() if word >> 26 == BL and jump(at, word) == turn),
    )
