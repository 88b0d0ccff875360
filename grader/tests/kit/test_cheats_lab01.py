# SPDX-License-Identifier: MIT
"""Submissions of lab 1 that print the expected lines instead of doing the work.

What they know of the image (addresses, and words to change) they know from a build of
their own, as a student would.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.core.kit import copy_of_the_kit
from grader.core.process import Nursery
from grader.grading.build import Place, build_stage
from grader.labs import tables
from grader.model.elf import segments, symbols
from grader.qemu.boot import boot
from grader.qemu.instruction_log import code
from grader.tests.support.build import BUILD

MOST = 10  # points of 100 that a cheat may get

# `first` runs before uart_init(), with a stack.
START = """
	.section .text.boot, "ax"
	.globl _start
_start:
	ldr	x0, =stack_top
	mov	sp, x0
	FIRST
	ldr	x1, =hyp_main	// so that the kit's code, with the nonce, is there
	bl	uart_init
	b	power_off
	.globl	performance_counters
performance_counters:
	mov	x0, #6
	ret
	.section .bss.boot_cpu, "aw", %nobits
	.globl	boot_cpu
boot_cpu:
	.skip	64
"""

HEAD = """
#include <stdint.h>
#include "early.h"
#include "exception.h"
#include "panic.h"
#include "uart.h"
#include "mmio.h"
#include "platform.h"

#define NONCE ((volatile uint64_t *)ADDRESS_OF_boot_nonce)
typedef void speaker(const char *tag, const char *format, ...);
static const char *const lines[] = { LINES };
int uart_getc(void) { return -1; }
void uart_putc(char c) { mmio_write32(UART_BASE, c); }
"""

PUTC = "void console_putc(char c) { uart_putc(c); }"

# Prints a line of the transcript with the nonce that it finds in memory.
REPLAY = """
static void line(const char *line)
{
	static char digits[18] = " ";
	uint64_t nonce = *NONCE;

	for (int i = 16; i > 0; i--, nonce >>= 4)
		digits[i] = "0123456789abcdef"[nonce & 0xf];
	for (; *line && *line != ']'; line++)
		early_puts((char[]){ *line, 0 });
	early_puts(*line ? digits : "");
	early_puts(line);
	early_puts("\\r\\n");
}
static void replay(void)
{
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		line(lines[i]);
	power_off();
}
"""


@dataclass(frozen=True)
class Cheat:
    uart: str
    first: str = ""


# Calls say() at its address, and says that it was called from where hyp_main() calls it.
FORGED_RETURN = """
	ldr	x0, =ADDRESS_OF_text
	ldr	x1, =ADDRESS_OF_text
	mov	x2, #2
	ldr	x30, =ADDRESS_OF_after_say
	ldr	x9, =ADDRESS_OF_say
	br	x9
"""

CHEATS = {
    "a transcript by heart": Cheat(
        PUTC + REPLAY.replace("*NONCE",
                              "0 * (uint64_t)lines") + "void uart_init(void) { replay(); }"
    ),
    "a transcript with the nonce that is in memory": Cheat(PUTC + REPLAY
                                                           + "void uart_init(void) { replay(); }"),
    "say() at a computed address": Cheat(
        PUTC
        + """
void uart_init(void)
{
	speaker *say = (speaker *)ADDRESS_OF_say;

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say("test", "%s\\n", lines[i] + 7);
	power_off();
}"""
    ),
    "say() with a forged return address": Cheat(PUTC + "void uart_init(void) { }", FORGED_RETURN),
    "a jump to where hyp_main() calls say()": Cheat(
        PUTC + "void uart_init(void) { }",
        FORGED_RETURN.replace("ADDRESS_OF_say", "ADDRESS_OF_after_say - 4"),
    ),
    "a jump to the end of hyp_main()": Cheat(
        PUTC + "void uart_init(void) { }", "\tldr\tx9, =ADDRESS_OF_after_say\n\tbr\tx9\n"
    ),
    "hyp_main() runs, and the console prints something else": Cheat(
        REPLAY + "void console_putc(char c) { (void)c; replay(); }\nvoid uart_init(void) { }",
        "\tbl\thyp_main\n",
    ),
    "hyp_main() altered while it runs": Cheat(
        PUTC + REPLAY + "void uart_init(void) { }",
        # a return in place of the first self-test: all that it looks at is taken for right
        "\tldr\tx0, =selftest_bss\n\tldr\tw1, =0xd65f03c0\n\tstr\twzr, [x0]\n"
        "\tldr\tw2, =0xd2800000\n"
        "\tstr\tw2, [x0]\n\tstr\tw1, [x0, #4]\n\tldr\tx0, =hyp_main\n\tldr\tw1, =0xd503201f\n"
        "\tstr\tw1, [x0]\n\tdsb\tsy\n\tic\tiallu\n\tisb\n\tbl\thyp_main\n",
    ),
    "a copy of the image that says what it likes": Cheat(
        PUTC + "void uart_init(void) { }",
        "\tldr\tx0, =0x40000000\n\tldr\tx1, =0x44000000\n\tadd\tx2, x1, #0x40, lsl #12\n"
        "1:\tldr\tx3, [x0], #8\n\tstr\tx3, [x1], #8\n\tcmp\tx1, x2\n\tb.lo\t1b\n"
        "\tldr\tx9, =hyp_main\n\tldr\tx10, =0x4000000\n\tadd\tx9, x9, x10\n\tblr\tx9\n",
    ),
}


@pytest.fixture(scope="module")
def lines() -> str:
    """The right transcript of lab 1, as strings of C."""
    right = boot(build_stage(1, 1, BUILD, [], Nursery()).image)
    return ", ".join(json.dumps(line) for line in right.text.splitlines())


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_kit(tmp_path_factory.mktemp("cheats"))


def write(kit: Path, cheat: Cheat, lines: str, places: dict[str, int]) -> None:
    """Every hole of lab 1 is open but for what the cheat has."""
    start, uart = START.replace("FIRST", cheat.first.strip()), HEAD.replace("LINES",
                                                                            lines) + cheat.uart
    for name, place in places.items():
        start, uart = (text.replace(f"ADDRESS_OF_{name}", hex(place)) for text in (start, uart))
    (kit / "lab01-boot/boot.S").write_text(start)
    (kit / "lab01-boot/uart.c").write_text(uart)


def places_in(image: Path) -> dict[str, int]:
    data = image.read_bytes()
    names, words = symbols(data), dict(code(data))
    main, say = names["hyp_main"], names["say"]
    calls = [at for at in range(main, main + 0x400, 4)
             if words.get(at) == 0x94000000 | (say - at) // 4 & 0x3FFFFFF]
    where = {name: names[name] for name in ("boot_nonce", "say")}
    at = data.index(b"boot\0")
    text = next(s.address + at - s.offset for s in segments(data)
                if s.offset <= at < s.offset + s.file_size)
    return {**where, "after_say": calls[0] + 4, "text": text}


def graded(kit: Path) -> dict:
    report = kit / "report.json"
    argv = [sys.executable, "-m", "grader", "--lab", "1", "--report", str(report)]
    done = subprocess.run(argv, cwd=kit, capture_output=True, text=True, check=False)
    assert report.exists(), done.stderr
    return json.loads(report.read_text())


def passed(report: dict) -> dict[str, int]:
    return {c["id"]: c["points"] for c in report["labs"][0]["checks"] if c["result"] == "passed"}


@pytest.mark.parametrize("name", CHEATS)
def test_who_does_nothing_of_it_gets_next_to_nothing(name: str, kit: Path, lines: str) -> None:
    cheat, places = CHEATS[name], dict.fromkeys(("boot_nonce", "say", "after_say", "text"),
                                                0x40001000)
    for _ in range(3):  # addresses that the text of the cheat does not move
        write(kit, cheat, lines, places)
        built = build_stage(1, 0, kit / "build", [], Nursery(), place=Place(kit))
        assert not built.error
        places, before = places_in(built.image), places
        if places == before:
            break
    report = graded(kit)
    points = passed(report)
    assert sum(points.values()) <= MOST, points
    assert not points.keys() & {check.id for check in tables()[1] if check.proves}


@pytest.mark.parametrize("name", ["say", "nonce_text", "boot_nonce", "checkpoint"])
def test_who_uses_a_name_of_the_witness_is_told_so(name: str, kit: Path, lines: str) -> None:
    cheat = Cheat(PUTC + "void uart_init(void) { }", f"ldr x3, ={name}")
    write(kit, cheat, lines, {"boot_nonce": 0x40001000})
    report = graded(kit)
    assert not passed(report)
    seen = [check.get("seen", "") for check in report["labs"][0]["checks"]]
    assert f"lab01-boot/boot.S uses {name}, which is for given code alone" in seen


@pytest.mark.parametrize(
    "line",
    [
        '.globl "NAME"\n"NAME":',
        '.section ".text.x NAME", "ax"\n.word 0',
    ],
    ids=["symbol", "section"],
)
def test_a_name_that_writes_into_the_linkers_map_is_refused(line: str, kit: Path,
                                                            lines: str) -> None:
    forged = "z 0x0000000040001000 0x40 x/obj/default/common/lib/say.c.o"
    assembly = line.replace("NAME", forged)
    cheat = Cheat(PUTC + "void uart_init(void) { }", "nop")
    write(kit, cheat, lines, {"boot_nonce": 0x40001000})
    boot = kit / "lab01-boot/boot.S"
    boot.write_text(f"{boot.read_text()}\n{assembly}\n")
    report = graded(kit)
    assert not passed(report)
    (seen,) = {check["seen"] for check in report["labs"][0]["checks"]
               if check["result"] == "failed"}
    assert seen.startswith("lab01-boot/boot.S has a symbol or section named ") and forged in seen
