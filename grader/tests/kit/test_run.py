# SPDX-License-Identifier: MIT
"""common/make/run.sh: every run ends, by itself, by Ctrl-C or by the kit, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.tests.support.made_up import stub_qemu

RUN = KIT / "common/make/run.sh"

# EL2's timer, interrupt 26, through distributor, redistributor and CPU interface; asleep
# until it fires, with interrupts masked; and off, by PSCI.
ALONE = """
	movz	x1, #0x0800, lsl #16
	mov	w0, #0x12
	str	w0, [x1]
	movz	x1, #0x080a, lsl #16
	str	wzr, [x1, #0x14]
	movz	x1, #0x080b, lsl #16
	mov	w0, #-1
	str	w0, [x1, #0x80]
	movz	w0, #0x0400, lsl #16
	str	w0, [x1, #0x100]
	mov	x0, #0xf
	msr	S3_4_C12_C9_5, x0	// ICC_SRE_EL2
	isb
	mov	x0, #0xff
	msr	S3_0_C4_C6_0, x0	// ICC_PMR_EL1
	mov	x0, #1
	msr	S3_0_C12_C12_7, x0	// ICC_IGRPEN1_EL1
	isb
	mrs	x0, cntpct_el0
	add	x0, x0, #0x10, lsl #12
	msr	cnthp_cval_el2, x0
	mov	x0, #1
	msr	cnthp_ctl_el2, x0
	isb
	wfi
	movz	w0, #8
	movk	w0, #0x8400, lsl #16
	smc	#0
"""
PARKED = "0:	wfi\n	b	0b\n"
LOOP = "0:	b	0b\n"
# Virtual time runs to its end, where QEMU's main loop does not get out of its timers.
FROZEN = f"""
	mov	x0, #-1
	msr	cntv_cval_el0, x0
	mov	x0, #1
	msr	cntv_ctl_el0, x0
{PARKED}"""
SAYS_ONCE = """
	movz	x1, #0x0900, lsl #16
	mov	w0, #'x'
	str	w0, [x1]
	mov	w0, #13
	str	w0, [x1]
	mov	w0, #10
	str	w0, [x1]
"""
BABBLES = f"0:{SAYS_ONCE}	movz	x2, #0x80, lsl #16\n1:	subs	x2, x2, #1\n	b.ne	1b\n	b	0b\n"


def image(folder: Path, code: str) -> Path:
    """An image whose first instruction is that of `code`."""
    prefix = subprocess.run(
        ["make", "-s", "-f", "-", "all"], cwd=KIT, capture_output=True, text=True, check=True,
        input="include common/make/tools.mk\nall: ; @echo $(CROSS)",
    ).stdout.strip()  # fmt: skip
    source, path = folder / "image.S", folder / "image.elf"
    source.write_text(f"\t.globl _start\n_start:\n{code}")
    options = ["-nostdlib", "-static", "-Wl,--build-id=none,-Ttext=0x40000000"]
    subprocess.run([f"{prefix}gcc", *options, source, "-o", path], check=True)
    return path


def start(path: Path, *options: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", str(RUN), str(path), *options],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_of(path: Path) -> list[str]:
    """The command lines of processes that have to do with an image."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(path) in words:
            found.append(words.replace("\0", " "))
    return found


def nothing_is_left_of(path: Path) -> None:
    """Wait for it: who was killed is gone a little later."""
    while left_of(path):
        time.sleep(0.05)


def start_on_a_terminal(path: Path, **variables: str) -> tuple[subprocess.Popen[bytes], int]:
    """Return the run, and the other end of its terminal."""
    ours, terminal = os.openpty()
    process = subprocess.Popen(["bash", str(RUN), str(path)], env={**os.environ, **variables},
                               stdin=terminal, stdout=terminal, stderr=terminal,
                               start_new_session=True)
    os.close(terminal)
    return process, ours


def read_until(terminal: int, words: bytes) -> bytes:
    text = b""
    while words not in text:
        text += os.read(terminal, 4096)
    return text


@pytest.fixture
def scratch(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "a, b"
    folder.mkdir()
    return {"TMPDIR": str(folder)}


def test_a_timer_that_is_alone_wakes_the_core(tmp_path: Path, scratch) -> None:
    """QEMU 8.2 to 9.2 put it off to the end of time before they raise its interrupt, and
    then virtual time jumps there, because the core still sleeps and nothing else is pending."""
    process = start(image(tmp_path, ALONE), PATIENCE="2", **scratch)
    assert process.communicate() == ("", "")
    assert process.returncode == 0
    assert not list(Path(scratch["TMPDIR"]).iterdir())


@pytest.mark.parametrize("code", [PARKED, LOOP, FROZEN], ids=["parked", "loop", "frozen"])
def test_a_run_that_stands_still_is_ended(tmp_path: Path, scratch, code: str) -> None:
    path = image(tmp_path, SAYS_ONCE + code)
    process = start(path, PATIENCE="1", **scratch)
    out, err = process.communicate()
    assert (process.returncode, out) == (1, "x\n")
    assert err.splitlines()[-1] == (
        "run: QEMU printed nothing for 1 seconds of processor time and was stopped"
        " (PATIENCE=0: wait without end)"
    )
    nothing_is_left_of(path)
    assert not list(Path(scratch["TMPDIR"]).iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
@pytest.mark.parametrize("code", [PARKED, FROZEN], ids=["parked", "frozen"])
def test_a_signal_ends_a_run_also_if_qemu_is_past_hearing_it(
    tmp_path: Path, scratch, code: str, number: int
) -> None:
    path = image(tmp_path, SAYS_ONCE + code)
    process = start(path, **scratch)
    assert process.stdout and process.stdout.read(1) == "x"
    process.send_signal(number)
    assert process.wait() == 128 + number
    nothing_is_left_of(path)
    assert not list(Path(scratch["TMPDIR"]).iterdir())


def test_one_that_is_killed_takes_qemu_along(tmp_path: Path, scratch) -> None:
    path = image(tmp_path, SAYS_ONCE + FROZEN)
    process = start(path, **scratch)
    assert process.stdout and process.stdout.read(1) == "x"
    process.kill()
    nothing_is_left_of(path)


def test_a_run_that_prints_goes_on(tmp_path: Path, scratch) -> None:
    """Three times as long as it may be silent, of a budget that is soon used up."""
    path = image(tmp_path, BABBLES)
    process = start(path, PATIENCE="1", **scratch)
    assert process.stdout
    began = cpu_seconds(path)
    while cpu_seconds(path) - began < 3:
        assert process.stdout.readline() == "x\n"
    process.terminate()
    assert process.wait() == 143


def cpu_seconds(path: Path) -> float:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
            if b"qemu" in words.split(b"\0")[0] and str(path).encode() in words:
                fields = (process.parent / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return 0.0


def test_the_status_and_the_words_of_qemu_come_through(tmp_path: Path, scratch) -> None:
    qemu = str(stub_qemu(tmp_path, "echo out; echo words >&2; exit 3"))
    process = start(tmp_path / "image.elf", QEMU=qemu, **scratch)
    assert process.communicate() == ("out\n", "words\n")
    assert process.returncode == 3


def test_without_a_place_for_its_log_a_run_is_a_run(tmp_path: Path) -> None:
    qemu = str(stub_qemu(tmp_path, "echo out"))
    process = start(tmp_path / "image.elf", QEMU=qemu, TMPDIR=str(tmp_path / "nowhere"))
    assert process.communicate() == ("out\n", "")


def test_patience_is_a_number(tmp_path: Path) -> None:
    process = start(tmp_path / "image.elf", PATIENCE="long")
    assert process.communicate()[1] == "run: PATIENCE=long: give a number of seconds, or 0\n"
    assert process.returncode == 2


TWO_LINES = SAYS_ONCE + """
	mov	w0, #'y'
	str	w0, [x1]
	movz	w0, #8
	movk	w0, #0x8400, lsl #16
	smc	#0
"""


def test_output_that_goes_to_a_file_has_plain_line_ends(tmp_path: Path, scratch) -> None:
    process = start(image(tmp_path, TWO_LINES), **scratch)
    output, errors = process.communicate()
    assert (process.returncode, output.rstrip("\n"), errors) == (0, "x\ny", "")


def test_a_silent_run_on_a_terminal_says_what_to_do(tmp_path: Path, scratch) -> None:
    path = image(tmp_path, PARKED)
    process, terminal = start_on_a_terminal(path, **scratch)
    assert b"make trace TAIL=20" in read_until(terminal, b"where it is.")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    os.close(terminal)
    nothing_is_left_of(path)
