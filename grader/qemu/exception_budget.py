# SPDX-License-Identifier: MIT
"""A storm: exceptions without end, as QEMU logs them (-d int).

Each of them costs the host much and the machine little. A vector that cannot be
fetched is even an exception again before any instruction is executed: no virtual
time passes, and so no budget of it is used up. Hence a budget of exceptions, those
of guests included. The one that is too many says where it storms, and is the same
one however the log was cut into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

OPTIONS = ("-d", "int")
BUDGET = 100_000  # five times what the busiest stage takes when it is right

LOG = re.compile(rb"^(?:(?:Taking exception|Exception return|\.\.\.).*\n)+", re.MULTILINE)
# The last line of each that is taken; one that QEMU's firmware answers has none.
PLACE = re.compile(rb"^\.\.\.with ELR 0x([0-9a-f]+)$", re.MULTILINE)


@dataclass
class Storm:
    """Reads QEMU's stderr as it comes."""

    budget: int = BUDGET
    rest: Callable[[bytes], bytes] | None = None  # reads what is not of exceptions
    taken: int = 0
    place: int = 0  # the preferred return address of the one that was too many
    begun: bytes = b""  # a line whose end is yet to come

    def __call__(self, data: bytes) -> Optional[bytes]:
        """What is not of the log, by lines; of the last line too if there are no more data.

        None if it storms.
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
        kept = LOG.sub(b"", lines)
        if not self.rest:
            return kept
        return self.rest(kept) if data else self.rest(kept) + self.rest(b"")
