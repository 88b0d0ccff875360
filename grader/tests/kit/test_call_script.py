# SPDX-License-Identifier: MIT
"""Scripts: calls on the machine, their arguments and results, and scripts that do not end."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.model.elf import symbols
from grader.qemu import call_script as log
from grader.qemu.boot import Ending
from grader.qemu.call_script import Call, Script, Unfinished
from grader.qemu.call_witness import Turn, Turns


@pytest.fixture(scope="session")
def driver() -> Path:
    """Stage 2, solved, with the driver in it."""
    built = build_stage(2, 2, KIT / "build/test-script", ["DRIVER=1"], Nursery(), "driver")
    assert not built.error
    return built.image


@pytest.fixture
def script(driver: Path) -> Script:
    return Script(symbols(driver.read_bytes()))


def test_a_call_gets_its_arguments_and_returns_its_result(driver: Path, script: Script) -> None:
    text = script.alloc(16, b"sixteen letters!")
    made = script.call("memset", text + 4, ord("."), 3)
    read = script.read(text, 2)
    results = script.run(driver)
    assert results.stopped == ""
    assert results[made].x0 == text + 4
    assert results[read].of_kind(log.WORDS) == [struct.unpack("<2Q", b"sixt... letters!")]


def test_an_argument_may_be_an_earlier_result_and_what_memory_holds_then(driver: Path,
                                                                         script: Script) -> None:
    page = script.call("page_alloc", 1)
    script.store(page + 8, 0x1234)
    loaded = script.load(page + 8)
    pair = script.call("contract_pair", page, loaded + 1)
    results = script.run(driver)
    assert results[pair].x0 == results[page].x0 >= log.RAM
    assert results[pair].x1 == 0x1235


def test_a_result_is_read_as_a_c_int_too(driver: Path, script: Script) -> None:
    table = script.alloc(32)
    refused = script.call("el2_remap_page", 1, table, 0)
    assert script.run(driver)[refused].error == -1


def test_an_exception_ends_the_script_and_is_quoted(driver: Path, script: Script) -> None:
    before = script.load(script.alloc(8))
    hit = script.load(0x2_0000_0000)
    results = script.run(driver)
    assert results[before].x0 == 0
    with pytest.raises(Unfinished):
        results[hit]
    assert "data abort" in results.stopped and "0x200000000" in results.stopped


def test_a_loop_is_ended_and_named(driver: Path, script: Script) -> None:
    loop = [0x1400_0000] * 4  # b .
    script.call(script.alloc(16, struct.pack("<4I", *loop)))
    results = script.run(driver)
    assert results.run.ending is Ending.BUDGET
    assert "still running after" in results.stopped


def test_each_call_adds_to_the_budget(driver: Path, script: Script) -> None:
    """3000 loops of 100,000 passes: more than a boot may take that runs no script."""
    # MOV X1, #100000 in two halves; SUBS X1, X1, #1; B.NE .-4; RET
    loop = [0xD290_D401, 0xF2A0_0021, 0xF100_0421, 0x54FF_FFE1, 0xD65F_03C0]
    function = script.alloc(20, struct.pack("<5I", *loop))
    for _ in range(3000):
        script.call(function)
    assert script.run(driver).stopped == ""


def test_what_is_known_only_on_the_machine_is_no_number_before(script: Script) -> None:
    with pytest.raises(TypeError):
        script.words(Call(0))


def test_equal_scripts_give_equal_results(driver: Path) -> None:
    def once() -> list[log.Result]:
        script = Script(symbols(driver.read_bytes()))
        script.call("page_alloc", 4)
        script.call("page_count_free")
        return list(script.run(driver).returned)

    assert once() == once()


def test_a_result_that_a_later_call_overwrites_does_not_count(driver: Path, script: Script) -> None:
    word = script.alloc(8, b"\1")
    loaded = script.load(word)
    script.store(script.places["LOG_BASE"] + 16, 2)
    results = script.run(driver)
    assert "overwrites" in results.stopped
    with pytest.raises(Unfinished):
        results[loaded]


def test_a_call_that_was_put_in_place_of_another_does_not_count(driver: Path,
                                                                script: Script) -> None:
    word = script.alloc(8, b"\1")
    script.store(script.places["SCRIPT_BASE"] + 8 + log.CALL.size + 8, word)
    loaded = script.load(word + 8)
    results = script.run(driver)
    assert len(results.returned) == 1 and "overwrites" in results.stopped
    with pytest.raises(Unfinished):
        results[loaded]


class Replayed(Script):
    """With the right log of a call that returns 5 in memory."""

    def write(self, path: Path) -> None:
        super().write(path)
        with path.open("r+b") as ram:
            ram.seek(self.places["LOG_BASE"] - log.RAM)
            ram.write(struct.pack("<4Q", 3, log.RETURN << 32 | 2, 5, 0))


def test_a_log_by_heart_does_not_count(driver: Path, script: Script) -> None:
    replayed = Replayed(script.symbols)
    replayed.call("power_off")
    results = replayed.run(driver)
    assert results.run.ending is Ending.OFF and not results.returned


def test_a_turn_counts_behind_the_return_of_a_call_and_with_its_result() -> None:
    back, turn = 0x100, 0x200
    first, call, second = (turn, (0, 0, 0, 0, 1, 2)), (back, (7, 8, 0, 0, 0, 0)), (turn, (7, 8, 3,
                                                                                          4, 5, 6))

    def turns(*entries: tuple[int, tuple[int, ...]]) -> list[Turn]:
        return list(Turns(frozenset({back}), frozenset({turn}), list(entries)))

    assert turns(first, call, second) == [Turn(0, 0, 0, 0, 1, 2), Turn(7, 8, 3, 4, 5, 6)]
    assert len(turns(first, second)) == 1
    assert len(turns(first, call, (turn, (9, 8, 3, 4, 5, 6)))) == 1
    assert turns(call, second) == []
