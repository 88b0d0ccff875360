# SPDX-License-Identifier: MIT
"""Follow the given main program and its self-tests through their own code.

QEMU logs each block of it that is entered by a return, and blocks entered otherwise as it
happens (qemu/witness.py). From block to block the code must have a way: through its
branches, over calls of others, which return to where they were called from, and into
its own functions. Who jumps into the middle, to a call of say() with arguments of his own,
or returns elsewhere, has left it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Optional

from .link_map import Piece

BL, B = 0x25, 0x05
BLR, BR, RET = 0xD63F_0000, 0xD61F_0000, 0xD65F_0000


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _branch(at: int, word: int) -> Optional[int]:
    """Where a conditional branch goes. Arm ARM, "Branches, Exception Generating and System"."""
    if word >> 24 == 0x54 or word >> 25 & 0x3F == 0x1A:  # B.cond; CBZ, CBNZ
        return at + 4 * signed(word >> 5 & 0x7FFFF, 19)
    if word >> 25 & 0x3F == 0x1B:  # TBZ, TBNZ
        return at + 4 * signed(word >> 5 & 0x3FFF, 14)
    return None


def jump(at: int, word: int) -> int:
    """Where B and BL go."""
    return at + 4 * signed(word & 0x3FF_FFFF, 26)


@dataclass(frozen=True)
class Function:
    """A function of the program and its instructions."""

    piece: Piece
    words: Sequence[int]

    def word(self, at: int) -> int:
        return self.words[(at - self.piece.start) // 4]

    @property
    def addresses(self) -> range:
        return range(self.piece.start, self.piece.end, 4)

    @cached_property
    def calls(self) -> dict[int, int]:
        """The target of each call or tail call; 0 if a register holds it."""
        found = {}
        for at, word in zip(self.addresses, self.words):
            if word >> 26 in (BL, B) and (word >> 26 == BL or jump(at, word) not in self.addresses):
                found[at] = jump(at, word)
            elif word & 0xFFFF_FC1F == BLR:
                found[at] = 0
        return found


def functions(code: Sequence[Piece], image: Mapping[int, int]) -> list[Function]:
    """`image` has the instruction at each address."""
    return [Function(p, [image.get(at, 0) for at in range(p.start, p.end, 4)]) for p in code]


def _busy_loops(function: Function, gates: Collection[int]) -> list[range]:
    """Return loops that call no gate: they may be long and print nothing."""
    loops = []
    for at, word in zip(function.addresses, function.words):
        target = _branch(at, word) or (jump(at, word) if word >> 26 == B else None)
        if target is not None and function.piece.start <= target <= at:
            loop = range(target, at + 4)
            if not any(call in loop and to in gates for call, to in function.calls.items()):
                loops.append(loop)
    return loops


@dataclass
class Step:
    """What can come next: instructions, calls with their targets, a return."""

    reached: set[int] = field(default_factory=set)
    calls: list[tuple[int, int]] = field(default_factory=list)
    tails: list[int] = field(default_factory=list)
    returns: bool = False


@dataclass(frozen=True)
class Program:
    """The functions to follow, and the gates that they call, such as say()."""

    functions: Sequence[Function]
    gates: frozenset[int]

    @cached_property
    def by_address(self) -> dict[int, Function]:
        return {at: function for function in self.functions for at in function.addresses}

    @cached_property
    def entries(self) -> frozenset[int]:
        return frozenset(function.piece.start for function in self.functions)

    @cached_property
    def loops(self) -> list[range]:
        """Return what is not logged."""
        said = self.gates | self.entries
        return [loop for function in self.functions for loop in _busy_loops(function, said)]

    @cached_property
    def steps(self) -> dict[int, Step]:
        return {}

    @cached_property
    def silent(self) -> frozenset[int]:
        return frozenset(at for loop in self.loops for at in loop)

    def step(self, start: int) -> Step:
        """Return everything that can follow `start` before a call returns."""
        if start not in self.steps:
            self.steps[start] = self.walk(start)
        return self.steps[start]

    def walk(self, start: int) -> Step:
        step, function = Step(), self.by_address[start]
        todo = [start]
        while todo:
            at = todo.pop()
            if at in step.reached or at not in function.addresses:
                continue
            step.reached.add(at)
            word = function.word(at)
            if at in function.calls:
                target = function.calls[at]
                if word >> 26 == B:
                    step.tails.append(target)
                elif at + 4 in self.silent:
                    todo.append(at + 4)
                else:
                    step.calls.append((at + 4, target))
            elif word >> 26 == B:
                todo.append(jump(at, word))
            elif word & 0xFFFF_FC1F == RET:
                step.returns = True
            elif word & 0xFFFF_FC1F == BR:  # a jump table
                todo += function.addresses
            else:
                taken = _branch(at, word)
                todo += [at + 4] if taken is None else [at + 4, taken]
        return step


# The current address, and the return addresses of the active functions.
Place = tuple[int, tuple[int, ...]]


@dataclass
class Flow:
    """Follows one core through the program, until the core leaves it."""

    program: Program
    main: int
    at: Optional[Place] = None
    expected: int = 0  # the return address of the called gate
    left: bool = False

    def block(self, address: int) -> None:
        """Start: the core enters the program."""
        if self.left:
            return
        if self.at is None:
            self.left = address != self.main
            self.at = (address, ())
            return
        if self.expected:
            place = self.at if address == self.expected else None
            self.expected = 0 if place else self.expected
        else:
            place = self.follow(self.at, address)
        self.left = not place
        self.at = place or self.at

    def follow(self, place: Place, address: int, depth: int = 0) -> Optional[Place]:
        """The way from a place to an address at which it is seen next."""
        at, stack = place
        step = self.program.step(at)
        if address in step.reached:
            return address, stack
        for back, target in step.calls:
            if target in self.program.entries and depth < 8:
                found = self.follow((target, (*stack, back)), address, depth + 1)
                if found:
                    return found
            elif address == back and target not in self.program.gates:
                return address, stack
        for target in step.tails:
            if target in self.program.entries and depth < 8:
                found = self.follow((target, stack), address, depth + 1)
                if found:
                    return found
        ends = step.returns or any(t not in self.program.gates | self.program.entries
                                   for t in step.tails)
        if stack and ends and address == stack[-1]:
            return address, stack[:-1]
        return None

    def gate(self, gate: int, back: int) -> bool:
        """True if the program, on a possible path, calls a gate that returns to `back`."""
        if self.left or self.at is None or self.expected:
            return False
        place = self.calls(self.at, gate, back)
        if place:
            self.at, self.expected = place, back
        return bool(place)

    def calls(self, place: Place, gate: int, back: int, depth: int = 0) -> Optional[Place]:
        at, stack = place
        step = self.program.step(at)
        for after, target in step.calls:
            if target == gate and after == back:
                return back, stack
            if target in self.program.entries and depth < 8:
                found = self.calls((target, (*stack, after)), gate, back, depth + 1)
                if found:
                    return found
        for target in step.tails:
            if target == gate and stack and stack[-1] == back:
                return back, stack[:-1]
            if target in self.program.entries and depth < 8:
                found = self.calls((target, stack), gate, back, depth + 1)
                if found:
                    return found
        # A function without a further call: its caller continues.
        return None
