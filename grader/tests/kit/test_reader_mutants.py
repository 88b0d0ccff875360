# SPDX-License-Identifier: MIT
"""Bugs that readers of foreign files have, planted: the known files must show each of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.quality.readers import build
from grader.quality.readers.build import SYSTEMS, ReaderDied, cannot_sanitize, readers
from grader.quality.readers.fuzz import fuzz
from grader.tests.support.readers import known


@dataclass(frozen=True)
class Mutant:
    """A text of a source, and what stands there in its place."""

    name: str
    file: str
    old: str
    new: str

    def __str__(self) -> str:
        return self.name


WORDS = "*(const __attribute__((may_alias)) uint32_t *)(p)"
MUTANTS = [
    # Bounds that are missing or off by one.
    Mutant("cpio header unbounded", "cpio.c", "!blob_has(archive, at, HEADER_SIZE)", "false"),
    Mutant("cpio header short", "cpio.c", "at, HEADER_SIZE)", "at, HEADER_SIZE - 9)"),
    Mutant("cpio name unbounded", "cpio.c", "!blob_has(archive, at, name_size)", "false"),
    Mutant("cpio data unbounded", "cpio.c", "!blob_has(archive, at, file_size)", "false"),
    Mutant("cpio name without end", "cpio.c", " || member->name[name_size - 1] != 0", ""),
    Mutant("cpio empty name", "cpio.c", "name_size < 2 || ", ""),
    Mutant("fdt header unbounded", "fdt_check.c", "!blob_has(blob, 0, HEADER_SIZE)", "false"),
    Mutant("fdt totalsize unbounded", "fdt_check.c",
           "!blob_has(blob, 0, be32(header + TOTALSIZE))", "false"),
    Mutant("fdt structure unbounded", "fdt_check.c",
           "!blob_has(fdt->blob, structure, structure_size)", "false"),
    Mutant("fdt strings unbounded", "fdt_check.c",
           "!blob_has(fdt->blob, strings, strings_size)", "false"),
    Mutant("fdt strings without end", "fdt_check.c",
           "strings_size && fdt->strings.data[strings_size - 1] != 0", "false"),
    Mutant("fdt reservations unbounded", "fdt_check.c", "!blob_has(fdt->blob, offset, 16)",
           "false"),
    Mutant("fdt reservations short", "fdt_check.c", "offset, 16)", "offset, 8)"),
    Mutant("fdt token unbounded", "fdt.c", "!blob_has(block, at, 4)", "false"),
    Mutant("fdt name unbounded", "fdt.c", "!blob_has(block, end, 1)", "false"),
    Mutant("fdt property header unbounded", "fdt.c", "!blob_has(block, at, 12) || ", ""),
    Mutant("fdt property value unbounded", "fdt.c",
           " || !blob_has(block, (uint64_t)at + 12, be32(p + 4))", ""),
    Mutant("fdt property name unbounded", "fdt.c",
           "!blob_has(fdt->strings, be32(p + 8), 1)", "false"),
    Mutant("fdt property name short", "fdt.c", "be32(p + 8), 1)", "be32(p + 8), 0)"),
    Mutant("fdt string without end", "fdt_value.c",
           " || list.data[list.size - 1] != 0", ""),
    Mutant("fdt cells unbounded", "fdt_value.c", " || !blob_has(*list, 0, cells * 4)", ""),
    Mutant("fdt reg of part of an entry", "fdt_value.c", "reg.size % entry", "false"),
    Mutant("fdt reg one too many", "fdt_value.c", "index >= reg.size", "index > reg.size"),
    Mutant("elf header unbounded", "elf.c", "!blob_has(file, 0, FILE_HEADER)", "false"),
    Mutant("elf magic unbounded", "elf.c", "!blob_has(file, 0, IDENT_SIZE) || ", ""),
    Mutant("elf table unbounded", "elf.c",
           "!blob_has(file, le64(header + E_PHOFF), count * PROGRAM_HEADER)", "false"),
    Mutant("elf data unbounded", "elf.c",
           "!blob_has(elf->file, le64(header + P_OFFSET), le64(header + P_FILESZ))", "false"),
    Mutant("elf file part larger", "elf.c", "le64(header + P_FILESZ) > length", "false"),
    Mutant("elf entry at the end", "elf.c", "blob_has(segment.data, offset, 4)",
           "blob_has(segment.data, offset, 0)"),
    Mutant("image header unbounded", "image.c", "!blob_has(file, CODE0, HEADER_SIZE)", "false"),
    # Sums that wrap around.
    Mutant("sums of offset and size", "blob.h",
           "start >= outer && size <= outer_size && start - outer <= outer_size - size",
           "start >= outer && start + size <= outer + outer_size"),
    Mutant("fdt property end in 32 bits", "fdt.c",
           "blob_has(block, (uint64_t)at + 12, be32(p + 4))",
           "blob_has(block, 0, at + 12 + be32(p + 4))"),
    Mutant("fdt range wraps", "blob.h", "return start + size < start", "return false"),
    Mutant("image base wraps", "image.c", "base < start || ", ""),
    Mutant("image offset wraps", "image.c",
           "range_wraps(base, image->text_offset) ||", ""),
    Mutant("elf overlap by start only", "elf.c",
           "start < earlier.ipa + earlier.size && earlier.ipa < start + length",
           "start == earlier.ipa"),
    # Alignment: of reads, of parts in a file, of what is in memory.
    Mutant("little-endian words", "blob.h",
           "return le16(p) | (uint32_t)le16(p + 2) << 16", f"return {WORDS}"),
    Mutant("cpio data not aligned", "cpio.c", "at = ALIGN_UP(at + name_size, 4)",
           "at = at + name_size"),
    Mutant("cpio header not aligned", "cpio.c", "ALIGN_UP(at + file_size, 4)", "at + file_size"),
    Mutant("fdt token not aligned", "fdt.c", "token->next = ALIGN_UP(end, 4)",
           "token->next = end"),
    Mutant("fdt structure not aligned", "fdt_check.c", " || !IS_ALIGNED(structure, 4)", ""),
    Mutant("fdt reservations not aligned", "fdt_check.c",
           " || !IS_ALIGNED(fdt->reservations, 8)", ""),
    Mutant("elf entry not aligned", "elf.c", "IS_ALIGNED(elf->entry, 4)", "true"),
    Mutant("image base not aligned", "image.c", "ALIGN_UP(start, IMAGE_ALIGN)", "start"),
    # Loops without end, and depth without limit.
    Mutant("fdt depth unlimited", "fdt_check.c", "depth++ == FDT_MAX_DEPTH", "depth++ == 9999"),
    Mutant("fdt depth one more", "fdt_check.c", "depth++ == FDT_MAX_DEPTH",
           "depth++ > FDT_MAX_DEPTH"),
    Mutant("fdt size unlimited", "fdt_check.c",
           "be32(header + TOTALSIZE) > FDT_MAX_SIZE", "false"),
    Mutant("elf headers unlimited", "elf.c", " || count > MAX_HEADERS", ""),
    Mutant("fdt cells of three words", "fdt_value.c", "(cells > 2 || ", "("),
    Mutant("fdt reg without cells", "fdt_value.c", "address_cells < 1 || ", ""),
    # Structure.
    Mutant("fdt second root", "fdt_check.c", "depth == 0 && fdt->root != FDT_NONE", "false"),
    Mutant("fdt end inside a node", "fdt_check.c", "depth || fdt->root == FDT_NONE",
           "fdt->root == FDT_NONE"),
    Mutant("fdt no root", "fdt_check.c", "depth || fdt->root == FDT_NONE", "depth"),
    Mutant("fdt too many ends", "fdt_check.c", "if (depth-- == 0)", "if (depth-- > 99)"),
    Mutant("fdt property after a subnode", "fdt_check.c", "before_subnodes = false;\n\t\t\tbreak",
           "break"),
    Mutant("fdt more after the end", "fdt_check.c",
           "token.next == fdt->structure.size ? 0 : REFUSED_FDT_BLOCK", "0"),
    Mutant("fdt cells property of any length", "fdt_check.c", "if (!value_ok(&token))",
           "if (false)"),
    Mutant("fdt name with a slash", "fdt_check.c", "*p && *p != '/'", "*p"),
    Mutant("fdt nephew for a brother", "fdt.c", "next != FDT_NONE && depth > 1", "false"),
    Mutant("fdt first similar name", "fdt.c", "if (same == length && name[same] == 0)",
           "if (same == length)"),
    Mutant("fdt old version", "fdt_check.c", "be32(header + VERSION) < FDT_VERSION || ", ""),
    Mutant("cpio any digit", "cpio.c", "if (digit < 0)", "if (digit < -1)"),
    Mutant("cpio directories", "cpio.c", "(mode & MODE_TYPE) != MODE_REGULAR", "false"),
    Mutant("elf entry in data", "elf.c", "!(le32(header + P_FLAGS) & FLAG_X) || ", ""),
    Mutant("elf relocatable", "elf.c", "le16(header + E_TYPE) != TYPE_EXEC", "false"),
    Mutant("elf outside of memory", "elf.c", "!range_inside(start, length, ipa, size)", "false"),
    Mutant("image big-endian", "image.c", "flags & FLAG_BIG_ENDIAN", "false"),
    Mutant("image without size", "image.c", "le64(header + IMAGE_SIZE) == 0", "false"),
    Mutant("image smaller than its file", "image.c", "image->size < file.size", "false"),
]


def answers(program: Path) -> list[list[str]]:
    with readers(program) as process:
        return [process.ask(request) for request in known()]


@dataclass(frozen=True)
class Reference:
    """The right readers: their objects, and their answers."""

    folder: Path
    answers: list[list[str]]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("reference")
    return Reference(folder, answers(build.build_server(folder)))


def plant(mutant: Mutant, folder: Path) -> Path:
    """Copy the readers and change one text. Return the changed file."""
    changed = Path(shutil.copytree(SYSTEMS, folder / "systems")) / mutant.file
    text = changed.read_text()
    assert text.count(mutant.old) == 1
    changed.write_text(text.replace(mutant.old, mutant.new))
    return changed


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(mutant, id=str(mutant), marks=[pytest.mark.long] if number % 7 else [])
     for number, mutant in enumerate(MUTANTS)],
)  # fmt: skip
def test_a_planted_bug_shows(mutant: Mutant, reference: Reference, tmp_path: Path) -> None:
    changed = plant(mutant, tmp_path)
    systems = changed.parent
    # A warning about what is unused now is no kill.
    files = (changed,) if changed.suffix == ".c" else tuple(sorted(systems.glob("*.c")))
    fresh = build.compile_objects(tmp_path, files, "-w", "-O0", systems=systems)
    others = [path for path in reference.folder.glob("*.o")
              if path.name not in {path.name for path in fresh}]  # fmt: skip
    program = build.link(fresh + others, tmp_path / "serve")
    try:
        found = answers(program)
    except ReaderDied:
        return
    assert found != reference.answers


FOR_THE_FUZZER = ("cpio name unbounded", "fdt strings without end", "elf data unbounded",
                  "image header unbounded")  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in FOR_THE_FUZZER], ids=str)
def test_the_fuzzer_finds_a_planted_bug(mutant: Mutant, tmp_path: Path) -> None:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    program = build.build_fuzzer(tmp_path / "objects", plant(mutant, tmp_path).parent)
    campaign = fuzz(program, mutant.name.split()[0], tmp_path, "-runs=200000", "-seed=1")
    assert campaign.complaint and campaign.file.exists()
