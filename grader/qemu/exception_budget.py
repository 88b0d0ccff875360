# SPDX-License-Identifier: MIT
"""A boot's budget of exceptions, counted in QEMU's log (-d int).

An exception costs the host much and the machine little. If even the vector cannot be
fetched, the next exception comes before any instruction: no virtual time passes, and the
time budget never ends the boot. So exceptions, also those of guests, have a budget. The
first one over the budget gives the place, however the log is cut into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Optional

OPTIONS = ("-d", "int")
BUDGET = 100_000  # five times what the busiest correct stage takes
LOG_BYTES = 32 << 20  # more than the records of as many exceptions

LOG = re.compile(rb"^(?:(?:Taking exception|Exception return|\.\.\.).*\n)+", re.MULTILINE)
# The last line of each exception taken. QEMU's own firmware calls have none.
PLACE = re.compile(rb"^\.\.\.with ELR 0x([0-9a-f]+)$", re.MULTILINE)


@dataclass
class ExceptionCounter:
    """Count exceptions in QEMU's stderr while it arrives."""

    budget: int = BUDGET
    rest: Callable[[bytes], bytes] | None = None  # gets the lines that are not of the log
    taken: int = 0
    place: int = 0  # the preferred return address of the first exception over the budget
    keep: bool = False
    log: bytearray = field(default_factory=bytearray)  # for exception_log.py, if it is kept
    begun: bytes = b""  # an incomplete line

    def __call__(self, data: bytes) -> Optional[bytes]:
        """Return the complete lines that are not of the log, or None over the budget.

        Empty data ends the last line.
        """
        text = self.begun + data
        end = text.rfind(b"\n") + 1 if data else len(text)
        lines, self.begun = text[:end], text[end:]
        places = PLACE.findall(lines)
        left = self.budget - self.taken
        self.taken += len(places)
        if len(places) > left:
            self.place = int(places[left], 16)
            return None
        kept = LOG.sub(self._keep, lines)
        if not self.rest:
            return kept
        return self.rest(kept) if data else self.rest(kept) + self.rest(b"")

    def _keep(self, lines: re.Match[bytes]) -> bytes:
        if self.keep and len(self.log) < LOG_BYTES:
            self.log += lines[0]
        return b""
