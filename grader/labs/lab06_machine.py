# SPDX-License-Identifier: MIT
"""What the guests' memory itself must show in lab 6, when they have stopped and when all is over."""

from __future__ import annotations

import struct

from ..check import Evidence
from ..debugger import Watch
from ..layout import Layout, layout_of, options_of
from ..state import State
from .lab03_machine import first_byte
from .registers import not_reached
from .transcript import mailbox

WATCH = Watch(guests=("end", "over"))

# struct mailbox of mailbox.h: a magic number, a count, two words, then key and value.
MAGIC, HEADER, ENTRY, ENTRIES = 0x786F626C69616D, 32, struct.Struct("<24sQ"), 127
COUNTER, MEMWALK = 0, 1
GOLDEN = 0x9E37_79B9_7F4A_7C15  # pattern() of memwalk_os
WORD = (1 << 64) - 1


def box(state: State, layout: Layout, vm: int) -> dict[str, int] | None:
    """The entries of a VM's mailbox as they are in memory; None if there is no mailbox."""
    raw = state.memory.read(layout.mailbox(vm).start, 4096) or bytes(4096)
    magic, count = struct.unpack_from("<QQ", raw)
    if magic != MAGIC or count > ENTRIES:
        return None
    found = {}
    for n in range(count):
        key, value = ENTRY.unpack_from(raw, HEADER + n * ENTRY.size)
        found[key.split(b"\0")[0].decode("ascii", "replace")] = value
    return found


def mailboxes_are_as_printed(evidence: Evidence) -> str:
    state, layout = evidence.run.state("end"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "end")
    for vm in (COUNTER, MEMWALK):
        there, printed = box(state, layout, vm), mailbox(evidence.run.text, vm)
        if not there:
            return f"vm{vm} has no mailbox in memory"
        if not printed:
            return f"the mailbox of vm{vm} is not printed"
        for key in {**there, **printed}:
            if there.get(key) != printed.get(key):
                return f"vm{vm}: {key} is {told(printed.get(key))} in print, {told(there.get(key))} in memory"
    return ""


def told(value: int | None) -> str:
    return "nowhere" if value is None else f"0x{value:x}"


def heap(state: State, layout: Layout, vm: int) -> tuple[int, ...]:
    region = layout.heap(vm)
    raw = state.memory.read(region.start, region.size) or b""
    return struct.unpack(f"<{len(raw) // 8}Q", raw)


def heaps_hold_their_patterns(evidence: Evidence) -> str:
    """memwalk_os's holds the last round's pattern, counter_os's all of its work, word by word."""
    state, layout = evidence.run.state("end"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "end")
    rounds = options_of(evidence.image)["CONFIG_ROUNDS"]
    for i, word in enumerate(heap(state, layout, MEMWALK)):
        wanted = (rounds << 48 ^ i) * GOLDEN & WORD
        if word != wanted:
            return f"word {i} of memwalk_os's heap is 0x{word:x}; round {rounds} has 0x{wanted:x} there"
    counted, work = sum(heap(state, layout, COUNTER)), (box(state, layout, COUNTER) or {}).get("work")
    return "" if counted == work else f"counter_os's heap counts {counted}, its mailbox {work}"


def nothing_of_a_guest_is_left(evidence: Evidence) -> str:
    state, layout = evidence.run.state("over"), layout_of(evidence.image)
    if not state:
        return not_reached(evidence, "over")
    regions = [region for vm in (COUNTER, MEMWALK) for region in layout.of_vm(vm)]
    return next(filter(None, (first_byte(state, region) for region in regions)), "")
