# SPDX-License-Identifier: MIT
"""Submissions that attack the grader: while they are unpacked, built and booted.

Each has the most points that it may get, all of them in lab 1. None may leave the file CANARY
anywhere, read what it should not, stop the grading, or slow the others down.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT

CANARY = "schism-canary"
UART = "lab01-boot/uart.c"
LAB = 100  # of an attack that does lab 1 as well

Files = Mapping[str, str]


@dataclass(frozen=True)
class Attack:
    """A hostile submission. `make` writes it into a folder under a name."""

    name: str
    most: int
    make: Callable[[Path, str], None]


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", "surrogateescape")


def attacks(starter: Files, solved: Files, home: Path) -> list[Attack]:
    """Return all attacks. `solved` has lab 1 solved; `home` has the other submissions."""
    found: list[Attack] = []

    def folder(name: str, most: int, files: Files, base: Files = solved) -> None:
        all_files = {**base, **files}
        found.append(Attack(f"attack-{name}", most,
                            lambda place, own: write(place / own, all_files)))

    def source(name: str, most: int, text: str, first: bool = True) -> None:
        parts = (text, solved[UART]) if first else (solved[UART], text)
        folder(name, most, {UART: "\n".join(parts)})

    def special(name: str, most: int, make: Callable[[Path], None]) -> None:
        def made(place: Path, own: str) -> None:
            write(place / own, starter)
            make(place / own)
        found.append(Attack(f"attack-{name}", most, made))

    def archive(name: str, kind: str, make: Callable[[Path], None]) -> None:
        found.append(Attack(f"attack-{name}", 0, lambda place, own: make(place / f"{own}.{kind}")))

    _while_built(source, folder, home)
    _while_read(special)
    _while_unpacked(archive, starter)
    _while_booted(folder, solved)
    return found


def _while_built(source: Callable[..., None], folder: Callable[..., None], home: Path) -> None:
    kit = KIT.resolve()
    touch = f"$(shell touch /tmp/{CANARY} {CANARY})"
    for name, what in {
        "dev-zero": "/dev/zero", "passwd": "/etc/passwd", "environ": "/proc/self/environ",
        "solution": f"{kit}/solutions/lab01-boot/uart.c",
        "near-solution": "../solutions/lab01-boot/uart.c",
        "neighbour": f"{home}/solution001/lab01-boot/uart.c", "itself": "uart.c",
        "stdin": "/dev/stdin",
    }.items():
        source(f"include-{name}", 0, f'#include "{what}"')
    source("incbin-shadow", 0, 'asm(".section .rodata.x\\n.incbin \\"/etc/shadow\\"\\n.text");')
    source("incbin-solution", 0, f'asm(".incbin \\"{kit}/solutions/lab01-boot/uart.c\\"");')
    source("exponential-include", 0, "#if __INCLUDE_LEVEL__ < 190\n#include __FILE__\n#include "
                                     "__FILE__\n#endif")
    laughs = "\n".join(f"#define L{n} L{n - 1} L{n - 1} L{n - 1} L{n - 1}" for n in range(1, 20))
    source("billion-laughs", 0, f"#define L0 x;\n{laughs}\nstruct lol {{ L19 }};")
    source("no-space", 0, "#error No space left on device")
    source("run-setup", 0, "#error x: run ./setup.sh \x1b[2J\x1b]0;title\x07")
    source("huge-data", 0, "char huge[1ul << 31] = { 1 };")
    source("huge-bss", LAB, "char huge[1ul << 33];", False)
    source("huge-fill", 0, 'asm(".fill 0x7fffffff, 1, 1");')
    source("endless-rept", 0, 'asm(".rept 1000000000\\n.rept 1000\\nnop\\n.endr\\n.endr");')
    source("slow-compile", LAB, "\n".join(
        f"#define S{n} S{n - 1} S{n - 1}" for n in range(1, 18))
        + "\n#define S0 x = x * 3 + (x >> 3);\nint slow(int x) { S17 return x; }")
    source("line-marker", LAB, f'# 1 "x.h: ; touch /tmp/{CANARY}" 1\n# 2 "uart.c" 2')
    source("dependency", LAB, f'#pragma GCC diagnostic ignored "-Wall"\n/* {touch} */')
    source("symbol-with-line-feed", 0, 'asm(".globl \\"a\\\\n .text 0x0 0x0 x.o\\"\\n'
                                       '\\"a\\\\n .text 0x0 0x0 x.o\\" = 1");')
    source("reserved-name", 0, "void say(const char *format, ...);\nvoid lie(void) { say(\"x\"); }",
           False)
    makefile = f"$(shell touch /tmp/{CANARY})\nall:\n\ttouch /tmp/{CANARY}\n"
    folder("makefile", LAB, {name: makefile for name in (
        "Makefile", "lab01-boot/Makefile", "common/make/tools.mk", "GNUmakefile")})
    python = f"open('/tmp/{CANARY}', 'w')\n"
    folder("python", LAB, {name: python for name in (
        "grader/conftest.py", "sitecustomize.py", "conftest.py", "grader/core/kit.py")})
    folder("name-for-make", LAB, {f"lab01-boot/$(shell touch {CANARY}).c": "",
                                  "lab01-boot/-o canary.c": "", "lab01-boot/`id`.c": ""})
    folder("given-header", LAB, {"lab01-boot/say.h": "#error", "lab01-boot/stdint.h": "#error"})
    folder("control-characters", LAB, {"lab01-boot/\x1b[2Jx\n.c": "", "a\nb/\u202ec": ""})
    folder("many-files", LAB, {f"lab01-boot/own{n}.c": "" for n in range(5000)})


def _while_read(special: Callable[..., None]) -> None:
    def replace(path: Path, make: Callable[[Path], object]) -> None:
        path.unlink()
        make(path)

    special("link-to-solution", 0, lambda work: replace(
        work / UART, lambda path: path.symlink_to(KIT / "solutions" / UART)))
    special("link-to-lab", 0, lambda work: (
        work / "solved").symlink_to(KIT / "solutions/lab01-boot"))
    special("hard-link", 0, lambda work: replace(
        work / UART, lambda path: os.link(work / "lab01-boot/boot.S", path)))
    special("pipe", 0, lambda work: replace(work / UART, os.mkfifo))
    special("socket", 0, lambda work: os.mknod(work / "lab01-boot/own.c", stat.S_IFSOCK | 0o600))
    special("sparse-terabyte", 0, lambda work: os.truncate(work / UART, 1 << 40))
    special("mode-0", 0, lambda work: (work / "lab02-mmu").chmod(0))
    special("deep", 0, lambda work: (work / ("d/" * 300)).mkdir(parents=True))


def _while_unpacked(archive: Callable[..., None], starter: Files) -> None:
    def tar_of(path: Path, *entries: tuple[str, bytes, str]) -> None:
        kind = "w:gz" if path.name.endswith("gz") else "w"
        with tarfile.open(path, kind) as tar:  # type: ignore[call-overload]
            for name, type_, text in (*entries, *((n, tarfile.REGTYPE, t)
                                                  for n, t in starter.items())):
                entry = tarfile.TarInfo(name)
                entry.type = type_
                data = text.encode() if type_ == tarfile.REGTYPE else b""
                entry.linkname = "" if data else text
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))

    def zip_of(path: Path, files: Files) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in {**starter, **files}.items():
                packed.writestr(name, text)

    up = "../" * 12
    archive("zip-up", "zip", lambda path: zip_of(path, {f"{up}tmp/{CANARY}": "x",
                                                        f"../{CANARY}": "x"}))
    archive("zip-backslash", "zip", lambda path: zip_of(path, {f"..\\..\\{CANARY}": "x"}))
    archive("zip-bomb", "zip", lambda path: zip_of(
        path, {f"{n}.c": "\0" * (1 << 20) for n in range(80)}))
    archive("tar-up", "tar", lambda path: tar_of(path, (f"../{CANARY}", tarfile.REGTYPE, "x")))
    archive("tar-absolute", "tar.gz", lambda path: tar_of(
        path, (f"/tmp/{CANARY}", tarfile.REGTYPE, "x")))
    archive("tar-through-link", "tar", lambda path: tar_of(
        path, ("out", tarfile.SYMTYPE, "/tmp"), (f"out/{CANARY}", tarfile.REGTYPE, "x")))
    archive("tar-device", "tar", lambda path: tar_of(path, (UART, tarfile.CHRTYPE, "")))
    archive("tar-bomb", "tgz", lambda path: tar_of(
        path, *((f"{n}.c", tarfile.REGTYPE, "\0" * (1 << 20)) for n in range(150))))
    archive("not-a-zip", "zip", lambda path: path.write_bytes(b"PK\3\4" + bytes(1000)))
    archive("not-a-bundle", "bundle", lambda path: path.write_text(
        f"# v2 git bundle\n--upload-pack=touch /tmp/{CANARY}\n\n"))


def _while_booted(folder: Callable[..., None], solved: Files) -> None:
    def boot(name: str, most: int, code: str, before: str = "") -> None:
        """Begin uart_init(), which each boot calls first, with this code."""
        text = solved[UART]
        at = text.index("{", text.index("void uart_init(void)")) + 1
        folder(name, most, {UART: f"{before}\n{text[:at]}\n{code}\n{text[at:]}"})

    boot("spin", LAB, "for (;;) ;")
    boot("silence", LAB, "for (;;) asm volatile(\"msr daifset, #15; wfi\");")
    boot("flood", LAB, "for (;;) *(volatile unsigned *)0x09000000ul = 'x';")
    boot("exceptions", LAB, "asm volatile(\"msr vbar_el2, xzr; isb; brk #0\");")
    boot("semihosting", LAB,
         "static const unsigned long block[] = { (unsigned long)path, 4, 18 };\n"
         "register unsigned long w0 asm(\"x0\") = 1;\n"
         "register const void *x1 asm(\"x1\") = block;\n"
         "asm volatile(\"hlt #0xf000\" : \"+r\"(w0) : \"r\"(x1) : \"memory\");",
         f'static const char path[] = "/tmp/{CANARY}";')
    boot("watchdog", LAB, "*(volatile unsigned char *)0x4010008068ul = 0;\n"
         "for (;;) asm volatile(\"wfi\");")
    boot("escape-sequences", LAB, "for (const char *c = \"\\x1b[2J\\x1b]0;x\\a\\x90\"; *c; c++)\n"
         "*(volatile unsigned *)0x09000000ul = (unsigned char)*c;")
    boot("power-off", LAB, "asm volatile(\"mov w0, #8; movk w0, #0x8400, lsl #16; smc #0\" ::: "
         "\"x0\");")
    boot("debugger-script", LAB, "",
         "asm(\".pushsection .debug_gdb_scripts,\\\"MS\\\",@progbits,1\\n"
         f".byte 4\\n.asciz \\\"x\\\\nopen('/tmp/{CANARY}','w')\\\\n\\\"\\n.popsection\");")
    boot("overwrites-image", LAB, "for (unsigned long *p = (void *)0x40000000ul; ; p++) *p = 0;")
