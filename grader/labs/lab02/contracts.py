# SPDX-License-Identifier: MIT
"""What the functions of lab 2 promise, pgtable.h and el2_mmu.h, tested with many ranges."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Optional

from ...model.page_tables import PAGE
from ...qemu.call_script import Script
from ..attributes import every_prot
from ..contract import Case, Contract
from ..table_model import BLOCK, GIB, PA_LIMIT, Shape
from ..table_steps import WRAP, Lookup, Map, OwnTable, Step, Target, Unmap, Walk
from ..written_whole import written_whole
from .live_table import EL2, LIVE

# Attributes by `prot` (W, X, DEVICE are bits 0 to 2): arbitrary values that use all attribute bits.
ATTRIBUTES = (0x0070_0000_0000_0AB4, 0x0040_0000_0000_0408, 0x0028_0000_0000_07C4,
              0x0010_0000_0000_0F40,
              0x0058_0000_0000_05F8, 0x0060_0000_0000_0C04, 0x0040_0000_0000_0BF0,
              0x0008_0000_0000_0660)  # fmt: skip
OWN = Target(ATTRIBUTES, invalidates=True)


# Draws

Draw = Callable[[random.Random, Shape, int], Step]


def _draw_shape(rng: random.Random) -> Shape:
    level = rng.choice((0, 1, 1, 1, 2, 2))
    pages = 1 if level == 0 else rng.choice((1, 1, 2, 4, 8, 16))
    bits = 12 + 9 * (4 - level) + pages.bit_length() - 1
    # With fewer bits than the root could translate, the rest of the root stays empty.
    return Shape(level, pages, bits - (rng.choice((0, 0, 1, 3)) if pages == 1 else 0))


def _draw_anchor(rng: random.Random, shape: Shape) -> int:
    """A multiple of 2 MiB; ranges are near it."""
    top = shape.limit
    inside = rng.randrange(1, top // BLOCK) * BLOCK
    return rng.choice((0, top, inside, inside, min(top, inside - inside % GIB or GIB)))


def _draw_range(rng: random.Random, shape: Shape, anchor: int) -> tuple[int, int]:
    """A range that can be mapped."""
    sizes = [rng.randrange(1, 5), rng.randrange(1, 40), rng.randrange(510, 516), 512, 1024]
    start = anchor + rng.choice((0, 0, 0, BLOCK, -BLOCK, PAGE, -PAGE, rng.randrange(-5, 6) * PAGE))
    start = max(0, min(start, shape.limit - PAGE))
    return start, min(rng.choice(sizes) * PAGE, shape.limit - start)


def _draw_pa(rng: random.Random, start: int, size: int) -> int:
    """A valid PA, aligned for blocks or not, also at the end of 48 bits."""
    aligned = rng.randrange(0, PA_LIMIT // BLOCK - 1024) * BLOCK + start % BLOCK
    last = PA_LIMIT - size
    by_pages = min(aligned + PAGE * rng.randrange(512), last)
    return rng.choice((aligned, aligned, by_pages, last) if size < BLOCK else (aligned, aligned,
                                                                               aligned, last))


def draw_map(rng: random.Random, shape: Shape, anchor: int, left: Optional[int] = None) -> Map:
    start, size = _draw_range(rng, shape, anchor)
    return Map(start, _draw_pa(rng, start, size), size, rng.randrange(8), left)


def draw_unmap(rng: random.Random, shape: Shape, anchor: int, left: Optional[int] = None) -> Unmap:
    return Unmap(*_draw_range(rng, shape, anchor), left)


def _draw_lookup(rng: random.Random, shape: Shape, anchor: int) -> Lookup:
    address = max(0, anchor + rng.randrange(-3 * BLOCK, 3 * BLOCK))
    return Lookup(rng.choice((address, address, shape.limit, shape.limit - 1, WRAP - 1)),
                  rng.random() < 0.8)


def _draw_walk(rng: random.Random, shape: Shape, anchor: int) -> Walk:
    start, size = _draw_range(rng, shape, anchor)
    size = min(size, rng.choice((PAGE, 20 * PAGE, BLOCK + PAGE)))
    return Walk(start, size, rng.choice((0, 0, 1, 3)), rng.choice((0, 0, 1, 2)))


def draw_refused(rng: random.Random, shape: Shape, anchor: int) -> Step:
    """A range that must be refused for one reason."""
    return rng.choice(_refusals(rng, shape, anchor))


def _refusals(rng: random.Random, shape: Shape, anchor: int) -> list[Step]:
    """A step for each reason to refuse a PA or a range."""
    start, size = _draw_range(rng, shape, anchor)
    pa, odd = _draw_pa(rng, start, size), rng.choice((1, 8, 0x800, PAGE - 1))
    good = Map(start, pa, size, rng.randrange(8))
    top = shape.limit
    ranges = [
        (start | odd, size),
        (start, size | odd),
        (start, 0),
        (top, PAGE),
        (top - PAGE, 2 * PAGE),
        (top - BLOCK, 2 * BLOCK),
        (start, WRAP - PAGE),
        (WRAP - PAGE, PAGE),
        (WRAP - PAGE, 2 * PAGE),
        (WRAP - BLOCK, BLOCK + start % BLOCK + PAGE),
        (top + start, size),
    ]
    return [
        replace(good, pa=pa | odd),
        replace(good, pa=PA_LIMIT),
        replace(good, pa=PA_LIMIT - size + PAGE),
        replace(good, pa=WRAP - PAGE),
        replace(good, pa=WRAP - PAGE, start=0, size=2 * PAGE),
        *(replace(good, start=at, size=length) for at, length in ranges),
        *(Unmap(at, length) for at, length in ranges),
    ]


def _draw_ranges(rng: random.Random) -> list[Case]:
    """Map, unmap and refuse, where a block fits and where it does not."""
    cases: list[Case] = []
    for _ in range(22):
        shape = _draw_shape(rng)
        anchor = _draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor)]
        for _ in range(rng.randrange(2, 5)):
            draws: tuple[Draw, ...] = (draw_map, draw_map, draw_unmap, draw_unmap, draw_refused)
            steps.append(rng.choice(draws)(rng, shape, anchor))
        cases.append(OwnTable(OWN, shape, tuple(steps)))
    for shape in (Shape(1, 1, 39), Shape(1, 2, 40), Shape(0, 1, 48)):
        cases.append(OwnTable(OWN, shape, tuple(_refusals(rng, shape, _draw_anchor(rng, shape)))))
    return [*cases, *_gigabytes()]


def _gigabytes() -> Iterator[Case]:
    """Ranges of 1 GiB: in blocks, with a page more at each end, and with too many tables."""
    for extra in (0, PAGE):
        start = 2 * GIB - extra
        large = Map(start, 5 * GIB - extra, GIB + 2 * extra, 1)
        yield OwnTable(OWN, Shape(1, 1, 39), (large, Unmap(start + BLOCK, GIB - 2 * BLOCK)))
    yield OwnTable(OWN, Shape(1, 2, 40),
                   (Map(2 * GIB, PAGE, 8 * BLOCK, 0, 6), Map(2 * GIB, 0, BLOCK, 0)))


def _draw_walks(rng: random.Random) -> list[Case]:
    cases: list[Case] = []
    for _ in range(12):
        shape = _draw_shape(rng)
        anchor = _draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor), draw_unmap(rng, shape, anchor)]
        steps += [_draw_lookup(rng, shape, anchor) for _ in range(4)]
        steps += [_draw_walk(rng, shape, anchor) for _ in range(2)]
        cases.append(OwnTable(OWN, shape, tuple(steps)))
    return cases


def _draw_split(rng: random.Random, shape: Shape, left: Optional[int] = None) -> tuple[Map, Unmap]:
    """Map blocks and unmap a part of them: at a start, at an end, in the middle, or across two."""
    blocks = min(3, shape.limit // BLOCK)
    start = rng.randrange(0, shape.limit // BLOCK - blocks + 1) * BLOCK
    size = blocks * BLOCK
    pa = rng.randrange(0, PA_LIMIT // BLOCK - blocks) * BLOCK
    first, count = rng.randrange(0, 512), rng.randrange(1, 514)
    at, pages = rng.choice(((0, 1), (511, 1), (first, 1), (first, count), (1, 511), (0, 511),
                            (256, 1024)))
    hole = Unmap(start + at * PAGE, min(pages * PAGE, size - at * PAGE), left)
    return Map(start, pa, size, rng.randrange(8)), hole


def _draw_splits(rng: random.Random) -> list[Case]:
    cases: list[Case] = []
    for _ in range(12):
        shape = _draw_shape(rng)
        blocks, hole = _draw_split(rng, shape)
        more = (draw_map(rng, shape, blocks.start), draw_unmap(rng, shape, blocks.start))
        cases.append(OwnTable(OWN, shape, (blocks, hole, *more)))
    return cases


def _draw_shortages(rng: random.Random) -> list[Case]:
    """With 0 to 3 pages left a range is mapped completely or not at all, and a block is kept."""
    cases: list[Case] = []
    for left in (0, 1, 2, 3) * 3:
        shape = _draw_shape(rng)
        anchor = _draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor)]
        for _ in range(3):
            draw = rng.choice((draw_map, draw_unmap))
            steps.append(draw(rng, shape, anchor, left))
        steps.append(draw_map(rng, shape, anchor))
        cases.append(OwnTable(OWN, shape, tuple(steps)))
    for left in (0, 0, 1, 1):
        shape = _draw_shape(rng)
        cases.append(OwnTable(OWN, shape, _draw_split(rng, shape, left)))
    return cases


def _own_regime(script: Script) -> None:
    script.call("contract_set_attributes", script.words(*ATTRIBUTES))


RANGES = Contract("lab02.3.ranges", _draw_ranges, _own_regime)
WALKS = Contract("lab02.3.walks", _draw_walks, _own_regime)
SPLITS = Contract("lab02.3.splits", _draw_splits, _own_regime)
SHORTAGES = Contract("lab02.3.shortages", _draw_shortages, _own_regime)
EVERY_PROT = every_prot("lab02.2.every_prot", "contract_el2_attributes", EL2.attributes)
CONTROLS = written_whole("lab02.1.written", "contract_controls", "MAIR_EL2", "TCR_EL2")
CONTRACTS = (CONTROLS, EVERY_PROT, WALKS, RANGES, SPLITS, SHORTAGES, LIVE)
