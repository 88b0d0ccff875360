# SPDX-License-Identifier: MIT
"""The readers of beyond/systems/ on generated files: what was written is what is read."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from grader.quality.made_files import (
    RAM, TRAILER, Load, Node, R, W, X, cells, cpio, elf, fdt,
)  # fmt: skip
from grader.quality.readers.build import (
    Readers, Request, build_server, cannot_sanitize, readers,
)  # fmt: skip
from grader.tests.support.build import BUILD
from grader.tests.support.readers import (
    NAMES, OK, SAID, fdt_answer, field, hexed,
)  # fmt: skip

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(BUILD / "hypothesis"))
hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is missing: run ./setup.sh --dev"
)
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

# The same examples everywhere, and none that were kept from earlier runs.
usual = settings(max_examples=150, derandomize=True, database=None, deadline=None,
                 suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Readers]:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    with readers(build_server(BUILD / "readers-generated")) as process:
        yield process


member_names = st.text("abI/.", min_size=1, max_size=9) | st.just("Image")
members = st.tuples(member_names.filter(lambda name: name != TRAILER), st.binary(max_size=20))


@usual
@given(st.lists(members, max_size=6), st.binary(max_size=9), st.integers(0, 7))
def test_every_archive(
    server: Readers, files: list[tuple[str, bytes]], after: bytes, skew: int
) -> None:
    archive = cpio(*((name, b"\xff" + data) for name, data in files))
    answer = server.ask(Request("cpio", archive + after, skew))
    lines, at, found = [], 0, f"find: {SAID['CPIO_MAGIC']}"
    for name, data in files:
        start = at + (110 + len(name) + 1 + 3) // 4 * 4
        lines.append(f"member {start} {len(data) + 1} {hexed(name.encode())}")
        if name == "Image" and not found.startswith("found"):
            found = f"found {start}"
        at = (start + len(data) + 1 + 3) // 4 * 4
    if not found.startswith("found"):
        found = "find: not found"
    assert answer == [*lines, f"end: {OK}", found]


few_cells = st.lists(st.sampled_from([0, 1, 2, 3, 0xFFFF_FFFF]), max_size=5)
values = st.builds(lambda numbers: cells(*numbers), few_cells) | st.binary(max_size=9) \
    | st.sampled_from([b"", b"x\0y\0", b"arm,pl011\0", b"x\0", b"\0"])  # fmt: skip
one_cell = st.builds(cells, st.sampled_from([0, 1, 2, 3, 0xFFFF_FFFF]))
free_names = tuple(name for name in NAMES if name not in ("#address-cells", "#size-cells",
                                                          "phandle"))  # fmt: skip
properties = st.lists(
    st.tuples(st.sampled_from(free_names), values)
    | st.tuples(st.sampled_from(("#address-cells", "#size-cells", "phandle")), one_cell),
    max_size=5,
)  # fmt: skip
node_names = st.text("ab@1", min_size=1, max_size=5)


def nodes(children: st.SearchStrategy) -> st.SearchStrategy:
    """With different names for siblings: of equal ones only the first has a path."""
    below = st.lists(children, max_size=3, unique_by=lambda node: node.name.partition("@")[0])
    return st.builds(Node, node_names, properties, below, st.integers(0, 2))


leaves = st.builds(Node, node_names, properties, st.just([]), st.integers(0, 2))
trees = st.recursive(leaves, nodes, max_leaves=12)
ranges = st.tuples(st.integers(1, 1 << 63), st.integers(0, (1 << 63) - 1))


@usual
@given(trees, st.lists(ranges, max_size=3), st.integers(0, 7))
def test_every_tree(
    server: Readers, root: Node, reserved: list[tuple[int, int]], skew: int
) -> None:
    root.name = ""
    assert server.ask(Request("fdt", fdt(root, reserved), skew)) == fdt_answer(root, reserved)


@usual
@given(trees, st.integers(0, 500), st.binary(min_size=1, max_size=4))
def test_every_damaged_tree_is_read_or_refused(
    server: Readers, root: Node, at: int, junk: bytes
) -> None:
    root.name = ""
    tree = fdt(root)
    answer = server.ask(Request("fdt", field(tree, at % len(tree), junk)[: len(tree)]))
    refused = answer[0].removeprefix("open: ") in SAID.values()
    assert refused == (len(answer) == 1) and (refused or answer[0] == f"open: {OK}")


STEP = 4
places = st.integers(-2, 12).map(lambda n: RAM + n * STEP)
loads = st.builds(
    lambda address, size, data, flags: Load(address, data[: size * STEP], size * STEP, flags),
    places, st.integers(0, 4), st.binary(max_size=16), st.sampled_from([R, R | W, R | X]),
)  # fmt: skip
MEMORY = 10 * STEP


def elf_answer(segments: list[Load], entry: int) -> list[str]:
    taken: set[int] = set()
    for load in segments:
        here = set(range(load.address, load.address + load.size))
        if here - set(range(RAM, RAM + MEMORY)):
            return [f"open: {SAID['ELF_OUTSIDE']}"]
        if here & taken:
            return [f"open: {SAID['ELF_OVERLAP']}"]
        taken |= here
    if not any(load.flags & X and load.size and load.address <= entry
               and entry + 4 <= load.address + len(load.data) for load in segments):  # fmt: skip
        return [f"open: {SAID['ELF_ENTRY']}"]
    return [
        f"open: {OK}",
        *(f"segment {s.address:x} {s.size:x} {hexed(s.data)}" for s in segments if s.size),
        f"entry {entry:x}",
    ]


@usual
@given(st.lists(loads, max_size=4), places, st.integers(0, 7))
def test_every_elf_file(
    server: Readers, segments: list[Load], entry: int, skew: int
) -> None:
    request = Request("elf", elf(*segments, entry=entry), skew, RAM, MEMORY)
    assert server.ask(request) == elf_answer(segments, entry)
