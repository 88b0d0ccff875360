# SPDX-License-Identifier: MIT
"""Calls of single functions, the simulated UART, and the labs' probes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.core.process import Nursery
from grader.grading import run as grading
from grader.grading.build import build_stage
from grader.grading.run import Options, Workshop
from grader.labs import probes_of, tables
from grader.labs.check import Boot, Evidence
from grader.labs.probe import Probe
from grader.qemu.inferior_call import Lost, Over, Prober, Registers
from grader.qemu.pl011 import BUSY, CR, DR, FBRD, FEN, FR, IBRD, LCR_H, TXFF, UARTEN, Pl011, access

PLACE = KIT / "build/test/probe"
PROBED = [1, 4]


@lru_cache(maxsize=None)
def image(lab: int) -> Path:
    built = build_stage(lab, lab, PLACE, ["CI=1"], Nursery())
    assert not built.error
    return built.image


def probe(monkeypatch: pytest.MonkeyPatch, *probes: Probe) -> Evidence:
    """What is found out about the stage of lab 1."""
    monkeypatch.setattr(grading, "probes_of", lambda lab: probes)
    return Workshop(Options((1,), 1, PLACE)).probed(1, Boot(probed=True), image(1))


@pytest.mark.parametrize("lab", PROBED)
def test_the_solutions_do_what_every_probe_wants(lab: int) -> None:
    found = Workshop(Options((lab,), lab, PLACE)).probed(lab, Boot(probed=True), image(lab))
    assert dict(found.probes) == {probe.name: "" for probe in probes_of(lab)}


@pytest.mark.parametrize("lab", PROBED)
def test_each_probe_has_a_check_and_each_check_a_probe(lab: int) -> None:
    checks = [check.id for check in tables()[lab] if check.boot.probed]
    assert checks == [probe.name for probe in probes_of(lab)]


def test_a_boot_for_probes_says_so() -> None:
    assert str(Boot(probed=True)) == "with its functions called one by one"


def test_a_check_whose_place_was_not_reached_says_how_the_boot_ended() -> None:
    (check,) = [check for check in tables()[1] if check.id == "lab01.5.frame"]
    run = Workshop(Options((1,), 1, PLACE)).probed(1, Boot(probed=True), image(1)).run
    assert check.test and check.test(Evidence(run, image(1))) == f"it was not reached: {run}"


def test_calls_set_and_read_registers_and_leave_memory_as_it_was(
    monkeypatch: pytest.MonkeyPatch) -> None:
    def test(prober: Prober) -> str:
        vectors = prober.address("hyp_vectors")
        before = prober.read(vectors, 8)
        prober.write(vectors, bytes(8))
        assert prober.read(vectors, 8) == bytes(8)
        prober.set_system(ELR_EL2=0x1234, FAR_EL2=5)
        assert prober.system("FAR_EL2", "ELR_EL2", "VBAR_EL2") == (5, 0x1234, vectors)
        found = prober.call("esr_ec_name", 0x3C, system={"ESR_EL2": 7}, then=["ESR_EL2"])
        assert (prober.text(found[0]), found[1]) == ("BRK64", 7)
        prober.undo()
        return "" if prober.read(vectors, 8) == before else "it is changed"

    assert probe(monkeypatch, Probe("a", "checkpoint vectors", test)).probes == {"a": ""}


def test_what_is_printed_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def test(prober: Prober) -> str:
        buffer = prober.in_stack(0)
        prober.keep_characters(buffer)
        prober.call("uart_putc" if "uart_putc" in prober.names else "console_putc", 0x41)
        prober.call("console_putc", 0x42)
        first = prober.printed(buffer)
        return f"{first}, {prober.printed(buffer)!r}"

    assert probe(monkeypatch, Probe("a", "checkpoint boot", test)).probes["a"].endswith("B, ''")


def test_a_probe_that_loses_the_machine_costs_a_boot_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch) -> None:
    def off(prober: Prober) -> str:
        prober.run_code([0xD400_0003], x0=0x8400_0008)  # SMC #0: PSCI SYSTEM_OFF
        return ""

    def panic(prober: Prober) -> str:
        with pytest.raises(Over):
            prober.call("power_off")
        return ""

    def loop(prober: Prober) -> str:
        prober.run_code([0x1400_0000])  # B to itself
        return ""

    def absent(prober: Prober) -> str:
        prober.call("no_such_function")
        return ""

    def nowhere(prober: Prober) -> str:
        prober.write(1 << 60, b"x")
        return ""

    boot, vectors = "checkpoint boot", "checkpoint vectors"
    tests = (("off", boot, off), ("loop", boot, loop), ("panic", boot, panic),
             ("absent", boot, absent),
             ("nowhere", vectors, nowhere), ("good", vectors, lambda prober: "")
             )  # fmt: skip
    found = probe(monkeypatch, *(Probe(*test) for test in tests)).probes
    assert found == {
        "off": "the machine was switched off",
        "loop": "it does not come to an end",
        "panic": "",
        "absent": "the image has no no_such_function",
        "nowhere": "EL2 has no memory at 0x1000000000000000",
        "good": "",
    }


def test_a_place_that_is_never_reached_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    probes = (Probe("a", "checkpoint boot", lambda prober: ""),
              Probe("b", "checkpoint nowhere", lambda prober: ""))
    assert probe(monkeypatch, *probes).probes == {"a": ""}
    assert probe(monkeypatch, Probe("c", "no_function", lambda prober: "")).probes == {}


REGISTERS = Registers(tuple(0x1000 * n for n in range(31)), 0x9000_0000, 0x4000_0000, 0)


@pytest.mark.parametrize(
    ("word", "address", "target", "load", "moved"),
    [
        (0xB940_0041, 0x2000, 1, True, 0x2000),  # ldr w1, [x2]
        (0xB900_3041, 0x2030, 1, False, 0x2000),  # str w1, [x2, #48]
        (0xB900_005F, 0x2000, 31, False, 0x2000),  # str wzr, [x2]
        (0x3940_0BE1, 0x9000_0002, 1, True, 0x9000_0000),  # ldrb w1, [sp, #2]
        (0xB81F_C041, 0x1FFC, 1, False, 0x2000),  # stur w1, [x2, #-4]
        (0xB800_4441, 0x2000, 1, False, 0x2004),  # str w1, [x2], #4
        (0xB840_4C41, 0x2004, 1, True, 0x2004),  # ldr w1, [x2, #4]!
        (0xB863_7841, 0x2000 + 4 * 0x3000, 1, True, 0x2000),  # ldr w1, [x2, x3, lsl #2]
    ],
)
def test_loads_and_stores_are_known(word: int, address: int, target: int, load: bool,
                                    moved: int) -> None:
    found = access(word, REGISTERS)
    assert found and (found.address, found.target, found.load, found.moved) == (address, target,
                                                                                load, moved)


@pytest.mark.parametrize("word", [0xD503_201F, 0xA9BF_7BFD, 0x9100_0421, 0xD65F_03C0])
def test_other_instructions_are_none(word: int) -> None:
    assert access(word, REGISTERS) is None


def test_the_uart_is_slow() -> None:
    uart = Pl011({CR: UARTEN}, slow=2)
    uart.write(DR, 1)
    assert [uart.read(FR) & (BUSY | TXFF) for _ in range(3)] == [BUSY | TXFF] * 2 + [0]
    uart.write(DR, 2)
    uart.write(DR, 3)
    assert uart.sent == [1, 2, 3]
    assert uart.faults == ["UARTDR is written while the FIFO is full"]


def test_a_uart_that_is_off_stays_busy() -> None:
    uart = Pl011({}, busy=1)
    with pytest.raises(Lost, match="waits for a UART that is off"):
        while uart.read(FR) & BUSY:
            pass


def test_divisors_take_effect_with_the_line_control() -> None:
    uart = Pl011({CR: UARTEN}, busy=1)
    uart.write(IBRD, 13)
    uart.write(CR, 0)
    uart.write(FBRD, 1)
    assert uart.divisor == (0, 0)
    uart.write(LCR_H, FEN)
    assert (uart.divisor, uart.emptied) == ((13, 1), False)
    uart.write(LCR_H, 0)
    assert uart.emptied
    assert uart.faults == ["UARTIBRD is written while the UART is on",
                           "the UART is switched off while it is busy"]
