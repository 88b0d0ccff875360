# SPDX-License-Identifier: MIT
"""The stub's protocol: packets as they must be, and machines that go or answer strangely."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.core.kit import GraderError
from grader.qemu import time_budget
from grader.qemu.gdbstub import Gone, Stub

Talk = Callable[[Callable[[Stub], object], "str | None"], "tuple[list[str], object]"]


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """Run a stub against a server with one reply. Return its packets and its result."""

    def talk(use: Callable[[Stub], object], answer: str | None) -> tuple[list[str], object]:
        heard = bytearray()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "gdb"))
            listener.listen(1)

            def serve() -> None:
                connection, _ = listener.accept()
                with connection:
                    while data := connection.recv(4096):
                        heard.extend(data)
                        if b"#" in data:
                            if answer is None:
                                return
                            text = answer.encode()
                            connection.sendall(b"+$%b#%02x" % (text, sum(text) & 0xFF))

            server = threading.Thread(target=serve)
            server.start()
            try:
                with Stub(tmp_path / "gdb") as stub:
                    result = use(stub)
            finally:
                server.join()
                (tmp_path / "gdb").unlink()
        return re.findall(r"\$([^$#]*)#..", heard.decode()), result

    return talk


def test_a_packet_has_a_checksum_and_its_reply_is_acknowledged(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "gdb"))
        listener.listen(1)
        stub = Stub(tmp_path / "gdb")
        connection, _ = listener.accept()
        with stub, connection:
            connection.sendall(b"+$OK#9a")
            assert stub.ask("M0,1:ff") == "OK"
            assert connection.recv(64) == b"$M0,1:ff#e0+"


def test_writes_are_physical_and_in_their_order(talk: Talk) -> None:
    packets, _ = talk(lambda stub: stub.write([(0x4000, b"\x01\x02"), (0x10, b"\xff")]), "OK")
    assert packets == ["Qqemu.PhyMemMode:1", "M4000,2:0102", "M10,1:ff", "Qqemu.PhyMemMode:0"]


@pytest.mark.parametrize(
    ("answer", "paused"), [("T0ethread:01;", True), ("W00", False), ("X09", False), (None, False)]
)
def test_a_machine_ends_or_is_paused(talk: Talk, answer: str | None, paused: bool) -> None:
    assert talk(lambda stub: stub.is_paused_by_watchdog(), answer) == (["c"], paused)


def test_an_unknown_stop_is_an_error(talk: Talk) -> None:
    with pytest.raises(GraderError, match="replies T05"):
        talk(lambda stub: stub.is_paused_by_watchdog(), "T05thread:01;")


def test_a_write_that_is_refused_is_an_error(talk: Talk) -> None:
    with pytest.raises(GraderError, match=r"replies E22 to Qqemu\.PhyMemMode:1"):
        talk(lambda stub: stub.write([]), "E22")


def test_a_machine_that_goes_meanwhile_is_gone(talk: Talk) -> None:
    with pytest.raises(Gone):
        talk(lambda stub: stub.write([]), None)


def test_a_machine_that_was_gone_before_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Gone):
        Stub(tmp_path / "gdb")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "gdb"))
        listener.listen(1)
        stub = Stub(tmp_path / "gdb")  # no gdb will accept it
    with stub, pytest.raises(Gone):
        stub.ask("c")


def test_each_register_of_the_watchdog_is_unlocked_before_it_is_written() -> None:
    writes = time_budget.budget(33 * time_budget.TICK_NS)
    unlock = [(time_budget.RELOAD, b"\x80\x00"), (time_budget.RELOAD, b"\x86\x00")]
    for register, data in (
        (time_budget.STAGE_1, b"\x21\0\0\0"),
        (time_budget.STAGE_2, b"\x01\0\0\0"),
        (time_budget.RELOAD, b"\x00\x01"),
    ):
        at = writes.index((register, data))
        assert writes[at - 2 : at] == unlock


def test_a_stage_can_neither_disable_the_watchdog_nor_reset_it_nor_reach_its_timer() -> None:
    writes = time_budget.budget(time_budget.TICK_NS)
    assert (time_budget.LOCK, b"\x03") in writes  # 6300ESB, WDT_LOCK: until the next reset
    assert writes[-1] == (time_budget.PCI_COMMAND, b"\0\0")
    assert "-no-reboot" in time_budget.OPTIONS
