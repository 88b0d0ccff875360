# SPDX-License-Identifier: MIT
"""The witness of a transcript: what QEMU's log says that given code did."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.model.control_flow import Flow, Program, functions
from grader.model.link_map import ANY, Piece, pieces
from grader.model.printf_pattern import pattern
from grader.qemu.boot import boot
from grader.qemu.nonce import FORGED, genuine
from grader.qemu.witness import Console, Known, Witness, known
from grader.tests.support.build import BUILD

GNU_MAP = """
 .text.say      0x0000000040000b70       0xbc build/obj/default/common/lib/say.c.o
 .text.exception_slot_name
                0x0000000040001190       0x30 build/obj/ROUNDS-3/lab01-boot/exception.c.o
 COMMON         0x0000000040010010     0x1000 build/obj/default/lab01-boot/open/log.c.o
                0x0000000040010010                extra
 .text.gone     0x0000000000000000       0x30 build/obj/default/common/lib/say.c.o
"""
LLD_MAP = (
    "40000b70 40000b70       bc    16         build/obj/default/common/lib/say.c.o:(.text.say)\n")

NOP, RET = 0xD503201F, 0xD65F03C0
SAY, PRINTF, MAIN, TEST, STUDENTS = 0x1000, 0x1800, 0x2000, 0x2100, 0x3000


def bl(at: int, to: int) -> int:
    return 0x94000000 | (to - at) // 4 & 0x3FF_FFFF


def program() -> Program:
    """main() calls the student's function, then test(), which calls that one and says a line."""
    main = [NOP, bl(MAIN + 4, STUDENTS), bl(MAIN + 8, TEST), bl(MAIN + 12, SAY), NOP]
    test = [NOP, bl(TEST + 4, STUDENTS), NOP, bl(TEST + 12, SAY), RET]
    words = {MAIN + 4 * n: word for n, word in enumerate(main)}
    words |= {TEST + 4 * n: word for n, word in enumerate(test)}
    code = [Piece(MAIN, 4 * len(main), "main.c"), Piece(TEST, 4 * len(test), "selftest.c")]
    return Program(functions(code, words), frozenset({SAY}))


@pytest.fixture
def flow() -> Flow:
    return Flow(program(), MAIN)


def follow(flow: Flow, *blocks: int) -> bool:
    for block in blocks:
        flow.block(block)
    return not flow.left


def test_the_map_of_either_linker_says_which_source_code_is_from() -> None:
    first, second = pieces(GNU_MAP)
    assert first == Piece(0x40000B70, 0xBC, "common/lib/say.c")
    assert second.source == "lab01-boot/exception.c"
    assert pieces(LLD_MAP) == pieces(LLD_MAP, ANY) == [first]
    assert pieces(GNU_MAP, ANY)[2:] == [Piece(0x40010010, 0x1000, "lab01-boot/open/log.c")]


def test_the_way_through_calls_and_returns_is_followed(flow: Flow) -> None:
    assert follow(flow, MAIN, MAIN + 8, TEST + 8)
    assert flow.gate(SAY, TEST + 16)
    assert follow(flow, TEST + 16, MAIN + 12)
    assert flow.gate(SAY, MAIN + 16)
    assert follow(flow, MAIN + 16)


def test_entering_a_function_may_be_seen_or_not(flow: Flow) -> None:
    assert follow(flow, MAIN, MAIN + 8, TEST, TEST + 8)


@pytest.mark.parametrize(
    "blocks",
    [
        [TEST],  # begins elsewhere
        [MAIN, TEST + 8],  # a student's function that returns elsewhere
        [MAIN, MAIN + 12],  # test() left out
        [MAIN, MAIN + 8, TEST + 8, MAIN + 12],  # the call of say() left out
    ],
)
def test_who_leaves_the_way_is_seen(flow: Flow, blocks: list[int]) -> None:
    assert not follow(flow, *blocks)


def test_a_jump_to_a_call_of_say_is_no_call(flow: Flow) -> None:
    follow(flow, MAIN)
    assert not flow.gate(SAY, MAIN + 16)
    assert not flow.gate(SAY, TEST + 16)


def test_nothing_counts_once_the_way_was_left(flow: Flow) -> None:
    follow(flow, MAIN, MAIN + 12)
    assert not flow.gate(SAY, MAIN + 16)


@pytest.mark.parametrize(
    ("form", "arguments", "printed"),
    [
        ("EL%lu\n", [2], "EL2\n"),
        ("0x%09lx, %d, %u%%", [0x1F, 0xFFFFFFFF, 1 << 32], "0x00000001f, -1, 0%"),
        ("%-4s|%4s|%.*s", [1, 1, 2, 1], "abc | abc|ab"),
    ],
)
def test_what_printf_prints_is_known_from_its_arguments(form: str, arguments: list[int],
                                                        printed: str) -> None:
    assert re.fullmatch(pattern(form, arguments, {1: "abc"}.get), printed)


def test_what_is_not_in_registers_may_be_anything() -> None:
    assert re.fullmatch(pattern("%s and %u", [7], lambda _: None), "what not and 12")


def test_of_a_nonces_lines_those_count_that_were_said_in_this_order() -> None:
    nonce = 0x1234_5678_9ABC_DEF0
    text = "".join(f"[test {nonce:x}] {word}\n" for word in ("one", "two", "one", "three"))
    said = [r"\[test\] one", r"\[test\] .*o", r"\[test\] three"]
    assert genuine(text, nonce, said).splitlines() == ["[test] one", "[test] two",
                                                       f"{FORGED}[test] one", "[test] three"]


def trace(pc: int, back: int = MAIN + 8) -> bytes:
    rest = b"".join(b"X%02d=%016x " % (n, n) + (b"\n" if n % 3 == 2 else b"") for n in range(1, 30))
    return (
        b"Trace 0: 0x7f00 [0000000000000000/%016x/00000001/ff020000] say\n PC=%016x X00=%016x " % (
            pc, pc, 0)
        + rest + b"X30=%016x  SP=%016x\nPSTATE=600003c9 -ZC- EL2h  BTYPE=0\n" % (back, 0)
    )  # fmt: skip


def knowing(words: dict[int, int]) -> Known:
    return Known([], words, [], {SAY: "say"}, program(), MAIN, frozenset(), {})


@pytest.mark.parametrize("piece", [7, 100, 10_000])
def test_a_log_may_come_in_pieces_and_nothing_else_of_it_is_kept(piece: int) -> None:
    log = b"IN: say\n0x00001000:  a9b77bfd  stp  x29, x30\n\n" + trace(
        MAIN) + b"qemu: no luck\n" + trace(MAIN + 8)
    witness = Witness(knowing({SAY: 0xA9B77BFD}))
    kept = b"".join(witness(log[at : at + piece]) for at in range(0, len(log),
                                                                  piece)) + witness(b"")
    assert kept == b"qemu: no luck\n"
    assert witness.flows[0].at == (MAIN + 8, ()) and not witness.altered


def test_code_that_is_not_that_of_the_image_is_seen() -> None:
    witness = Witness(knowing({SAY: NOP}))
    witness(b"IN: say\n0x00001000:  a9b77bfd  stp\n" + trace(MAIN) + trace(MAIN))
    assert witness.altered == SAY
    blocks = Witness(knowing({MAIN: NOP}))  # of a QEMU without a disassembler
    blocks(b"IN: main\nOBJD-T: a9b77bfd\n" + trace(MAIN) + trace(MAIN))
    assert blocks.said == () and blocks.blocks
    blocks(b"IN: main\nOBJD-T: 1f2003d5\n" + trace(MAIN) + trace(MAIN))
    assert len(blocks.blocks) == 1


def test_a_block_of_a_guest_is_compared_with_the_guests_code() -> None:
    """The entry after it is the guest's, and not the next one of EL2."""
    put = 0x4100_0004
    witness = Witness(replace(knowing({put: NOP}), consoles={put: Console(0, 1)}))
    witness(b"IN: \nOBJD-T: 1f2003d5\n" + trace(put).replace(b"EL2h",
                                                             b"EL1h") + trace(MAIN) + trace(MAIN))
    assert not witness.blocks


def test_a_call_of_printf_by_say_itself_is_not_a_line_of_its_own() -> None:
    """It is logged only now and then, when QEMU has not chained it yet, and has no line feed."""
    pieces = [Piece(SAY, 0x40, "common/lib/say.c"), Piece(PRINTF, 0x40, "common/lib/printf.c")]
    constants = [(0, b"[%s%s] \0")]
    gates = {SAY: "say", PRINTF: "printf"}
    given = frozenset(piece.source for piece in pieces)
    words = {SAY + 8: bl(SAY + 8, PRINTF)}
    witness = Witness(Known(pieces, words, constants, gates, program(), MAIN, given, {}))
    witness(trace(PRINTF, SAY + 12) + trace(PRINTF, SAY + 12))
    assert witness.said == ()


@pytest.mark.parametrize("lab", range(1, 7))
def test_whoever_says_a_line_is_on_another_page_than_say(lab: int) -> None:
    """Else QEMU would chain the call to the code before it, and not log it again."""
    image = build_stage(lab, lab, BUILD, [], Nursery()).image
    assert not known(image, 0).shares_a_page()
    assert "nochain" not in known(image, 0).options()[3]


@pytest.mark.parametrize("lab", range(1, 7))
def test_of_a_right_stage_every_given_line_was_said(lab: int) -> None:
    image = build_stage(lab, lab, BUILD, [], Nursery()).image
    witness = Witness(known(image, 0))
    run = boot(image, witness=witness)
    plain = boot(image)
    assert run.raw == plain.raw and run.stderr == plain.stderr
    nonce = 1 << 60
    given = re.sub(r"(?m)^\[(boot|test|uart|vectors|mmu|el2|stage2|plain|vm|vm\d+|scene|panic)\]",
                   rf"[\1 {nonce:x}]", plain.text)
    assert FORGED not in genuine(given, nonce, witness.said)
