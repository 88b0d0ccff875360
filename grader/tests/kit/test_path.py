# SPDX-License-Identifier: MIT
"""make path: the calls of one exit, in order."""

from __future__ import annotations

import re

import pytest

from grader.commands.components import Place
from grader.commands.path import tree_of
from grader.tests.support.build import OWN
from grader.tests.support.making import make

ORDER = {
    "hvc": ["guest_vectors", "sched_run", "trap_handle", "hypercall_handle", "guest_enter"],
    "mmio": ["guest_vectors", "sched_run", "trap_handle", "data_abort_handle", "emulate",
             "vuart_write", "guest_enter"],
    "irq": ["guest_vectors", "sched_run", "trap_handle", "irq_exit", "vgic_timer", "guest_enter"],
    "wfi": ["guest_vectors", "sched_run", "trap_handle", "wait_handle", "context_switch",
            "guest_enter"],
    "switch": ["guest_vectors", "sched_run", "trap_handle", "irq_exit", "context_switch", "save",
               "load", "guest_enter"],
}  # fmt: skip
LINE = re.compile(r"^ *(\d+)  ( *)(\w+) +(\S+:\d+)?$")


@pytest.mark.parametrize("kind", ORDER)
def test_the_calls_of_an_exit_are_in_order(kind: str) -> None:
    status, lines = make("path", "LAB=6", "SOLVED=6", f"EXIT={kind}", OWN)
    assert status == 0
    rows = [match for line in lines if (match := LINE.match(line))]
    names = [row[3] for row in rows]
    assert [name for name in names if name in ORDER[kind]][: len(ORDER[kind])] and \
        [name for name in dict.fromkeys(names) if name in ORDER[kind]] == ORDER[kind]
    total = int(re.search(r": (\d+) instructions of EL2\.$", lines[0])[1])  # type: ignore[index]
    assert sum(int(row[1]) for row in rows if not row[2]) == total
    assert [row for row in rows if row[3] == "trap_handle" and row[4].startswith(
        "solutions/lab04-traps/traps.c:")]


@pytest.mark.parametrize(("args", "words"), [
    (("LAB=6",), "path: which exit?: EXIT= is one of hvc, mmio, irq, wfi, switch"),
    (("LAB=6", "EXIT=fly"), "path: EXIT=fly: EXIT= is one of hvc, mmio, irq, wfi, switch"),
    (("LAB=4", "EXIT=switch"), "path: EXIT=switch: there is none before stage 5: LAB=5 or more"),
    (("LAB=2", "EXIT=hvc"), "path: EXIT=hvc: there is none before stage 4: LAB=4 or more"),
])
def test_bad_use_is_one_line(args: tuple[str, ...], words: str) -> None:
    status, (line,) = make("path", *args, "SOLVED=6", OWN)
    assert status and line == words


def test_an_unfinished_stage_is_one_line() -> None:
    status, lines = make("path", "LAB=6", "EXIT=hvc", OWN)
    assert status and lines[-1] == "path: the stage ended before a hypercall came"


CALL, RETURN, NOTHING = 0x9400_0000, 0xD65F_03C0, 0xD503_201F


def test_a_call_a_return_and_a_tail_call_give_a_tree() -> None:
    """f calls g, which inlines h; back in f; f jumps to k."""
    code = {0: NOTHING, 4: CALL, 100: NOTHING, 104: RETURN, 8: 0x1400_0000, 200: NOTHING}
    places = {pc: [Place("f", "f.c", "f.c", 1)] for pc in (0, 4, 8)}
    places |= {100: [Place("h", "g.c", "g.c", 7), Place("g", "g.c", "g.c", 5)],
               104: [Place("g", "g.c", "g.c", 8)], 200: [Place("k", "k.c", "k.c", 1)]}
    names = {0: "f", 4: "f", 8: "f", 100: "g", 104: "g", 200: "k"}
    calls = tree_of([0, 4, 100, 104, 8, 200], code.__getitem__, names.__getitem__, places)
    assert [line.split()[:2] for call in calls for line in call.lines()] == [
        ["5", "f"], ["2", "g"], ["1", "h"], ["1", "k"]]
