# SPDX-License-Identifier: MIT
"""The forms in which labs are handed in, and archives that mean harm."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError
from grader.core.process import Nursery
from grader.grading import archive
from grader.grading.archive import unpack, without_kind
from grader.grading.submission import receive
from grader.tests.support.made_up import put

UART = Path("lab01-boot/uart.c")
SOLVED_UART = (KIT / "solutions" / UART).read_text()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Lab 1's solutions, three folders deep, and what people leave next to them."""
    folder = tmp_path / "work"
    for path in (KIT / "solutions/lab01-boot").glob("*.[chS]"):
        put(folder, f"hand in/course/labs/lab01-boot/{path.name}", path.read_text())
    put(folder, "notes.txt", "")
    put(folder, "hand in/course/labs/lab01-boot/old/uart.c", "")
    put(folder, "hand in/course/labs/.git/config", "")
    return folder


def laid_out(handed_in: Path) -> tuple[Path, str]:
    tree = handed_in.parent / "tree"
    return tree, "\n".join(receive(handed_in, tree, 0).notes)


def zipped(work: Path) -> Path:
    path = work.parent / "work.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(work.rglob("*")):
            packed.write(file, file.relative_to(work))
    return path


def tarred(work: Path, kind: str = "tar.gz") -> Path:
    path = work.parent / f"work.{kind}"
    with tarfile.open(path, "w:gz" if "gz" in kind else "w") as tar:
        tar.add(work, "work")
    return path


def bundled(work: Path) -> Path:
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-Af"], ["commit", "-qm", "labs"],
                  ["bundle", "create", "-q", str(work.parent / "work.bundle"), "HEAD"]):
        subprocess.run([*git, *words], check=True)
    return work.parent / "work.bundle"


def in_a_folder(work: Path) -> Path:
    path = zipped(work)
    put(path.parent, "Doe Jane_123_assignsubmission_file_/work.zip", "")
    return path.replace(path.parent / "Doe Jane_123_assignsubmission_file_/work.zip").parent


FORMS: list[Callable[[Path], Path]] = [
    lambda work: work, zipped, tarred, lambda work: tarred(work, "tar"),
    lambda work: tarred(work, "tgz"), bundled, in_a_folder,
]


@pytest.mark.parametrize("form", FORMS, ids="folder zip tar.gz tar tgz bundle moodle".split())
def test_labs_three_folders_deep_are_found_in_every_form(
    work: Path, form: Callable[[Path], Path]
) -> None:
    (work / "hand in/course/labs/.git/config").unlink()
    (work / "hand in/course/labs/.git").rmdir()
    tree, said = laid_out(form(work))
    assert (tree / UART).read_text() == SOLVED_UART
    assert "not in the submission, so its holes are open: lab02-mmu/el2_mmu.c" in said
    assert "notes.txt" in said and "lab01-boot/old/" in said


def test_what_is_not_used_is_named_once(work: Path) -> None:
    _, said = laid_out(work)
    lines = [line for line in said.splitlines() if line.startswith("not used")]
    assert lines == ["not used: hand in/course/labs/lab01-boot/old/, notes.txt"]
    assert ".git" not in said


def test_a_whole_tree_has_nothing_that_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    for path in (*(KIT / "docs").glob("*.md"), *(KIT / "lab01-boot").glob("*"), KIT / "README.md"):
        put(folder, str(path.relative_to(KIT)), path.read_text())
    assert "not used" not in laid_out(folder)[1]


@pytest.mark.parametrize("name", ["{}", "doejane_LATE_12_3456_{}", "doejane_12_3456_{}"])
def test_files_without_folders_are_put_into_their_labs(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "flat"
    put(folder, name.format("uart.c"), SOLVED_UART)
    put(folder, name.format("main.c"), "two files with holes have this name")
    tree, said = laid_out(folder)
    assert (tree / UART).read_text() == SOLVED_UART
    assert f"handed in without folders, and put into its lab: {name.format('uart.c')}" in said
    assert f"not used: {name.format('main.c')}" in said


def test_the_last_of_several_uploads_counts(tmp_path: Path) -> None:
    for name, text in (("uart.c", "1"), ("uart-1.c", "2")):
        put(tmp_path / "flat", f"doejane_12_3456_{name}", text)
    tree, _ = laid_out(tmp_path / "flat")
    assert (tree / UART).read_text() in ("1", "2")


@pytest.mark.parametrize("make, words", [
    (lambda path: path.mkdir(), "it has no lab directory, such as lab01-boot/, and no file"),
    (lambda path: path.write_text("labs"), "not a folder, and not an archive (.zip, .tar, "),
    (lambda path: None, "there is no such folder"),
], ids=["empty", "file", "nothing"])
def test_nothing_to_grade_is_one_line(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / "work")
    with pytest.raises(GraderError) as error:
        receive(tmp_path / "work", tmp_path / "tree", 0)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.bundle"])
@pytest.mark.parametrize("cut", [False, True], ids=["not one", "cut short"])
def test_an_unreadable_archive_is_one_line(tmp_path: Path, work: Path, name: str,
                                           cut: bool) -> None:
    path = tmp_path / name
    data = b"this is no archive\n" * 100
    if cut:
        form = {"zip": zipped, "bundle": bundled}.get(name[2:])
        data = (form(work) if form else tarred(work, name[2:])).read_bytes()[:600]
    path.write_bytes(data)
    with pytest.raises(GraderError) as error:
        receive(path, tmp_path / "tree", 0)
    assert name in str(error.value) and "\n" not in str(error.value)
    assert "cannot" in str(error.value)


# Archives that mean harm

def unpacked(path: Path) -> tuple[Path, str]:
    folder, scratch = path.parent / "out/in", path.parent / "scratch"
    scratch.mkdir()
    return folder, "\n".join(unpack(path, folder, scratch, Nursery()))


def tar_of(path: Path, *entries: tuple[str, bytes, str]) -> Path:
    """Write entries: name, type, and the contents or the target."""
    with tarfile.open(path, "w") as tar:
        for name, kind, text in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = text if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            entry.size = len(text) if kind == tarfile.REGTYPE else 0
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("name", ["../up", "/tmp/up", "a/../../up", "..", "C:/up"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_no_name_leads_out_of_the_archive(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "tar":
        tar_of(path, (name, tarfile.REGTYPE, "!"))
    else:
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(name, "!")
    folder, said = unpacked(path)
    assert said == f"{name}: leads out of the archive"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    assert not Path("/tmp/up").exists()


def test_links_devices_and_pipes_are_refused_and_nothing_is_written_through_them(
    tmp_path: Path
) -> None:
    path = tar_of(
        tmp_path / "a.tar", ("d", tarfile.SYMTYPE, "/tmp"), ("d/through", tarfile.REGTYPE, "x"),
        ("hard", tarfile.LNKTYPE, "/etc/passwd"), ("null", tarfile.CHRTYPE, ""),
        ("disk", tarfile.BLKTYPE, ""), ("pipe", tarfile.FIFOTYPE, ""))
    folder, said = unpacked(path)
    assert said.splitlines() == [
        "d: a link, and links are not followed", "hard: a link, and links are not followed",
        "null: not a plain file", "disk: not a plain file", "pipe: not a plain file"]
    assert (folder / "d/through").read_text() == "x" and not Path("/tmp/through").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    folder, said = unpacked(tmp_path / "a.zip")
    assert said == "link: a link, and links are not followed"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_that_expands_without_end_is_cut_off(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    zeros = bytes(1 << 20)
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for number in range(70):
                packed.writestr(f"{number}.c", zeros)
    else:
        with gzip.open(path, "wb") as out:
            entry = tarfile.TarInfo("a.c")
            entry.size = 1 << 40
            out.write(entry.tobuf())
            for _ in range(200):
                out.write(zeros)
    with pytest.raises(GraderError, match="expands to more than 64 MiB or 10000 files"):
        unpacked(path)
    written = sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert written <= archive.MOST_BYTES


def test_one_huge_file_in_an_archive_is_read_to_the_limit_only(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("lab01-boot/uart.c", "w", force_zip64=True) as out:
            for _ in range(300):
                out.write(bytes(1 << 20))
    _, said = laid_out(tmp_path / "a.zip")
    assert "larger than 1 MiB, so its holes are open: lab01-boot/uart.c" in said


def test_too_many_members_are_cut_off(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for number in range(archive.MOST_MEMBERS + 1):
            packed.writestr(str(number), "")
    with pytest.raises(GraderError, match="expands to more than"):
        unpacked(tmp_path / "a.zip")


def test_odd_names_are_shown_in_one_line_and_do_no_harm(tmp_path: Path) -> None:
    names = ["lab01-boot/a\nb\x1b[31m.c", "lab01-boot/" + "x" * 300 + ".c",
             "/".join("d" * 40) + "/deep.c"]
    tar_of(tmp_path / "a.tar", *((name, tarfile.REGTYPE, "") for name in names),
           (str(UART), tarfile.REGTYPE, SOLVED_UART))
    tree, said = laid_out(tmp_path / "a.tar")
    assert (tree / UART).read_text() == SOLVED_UART
    assert r"kind: lab01-boot/a\nb\x1b[31m.c" in said and "\x1b" not in said
    assert said.count("its name is too long or has odd characters") == 2
    assert all(len(os.fsencode(line)) < 2000 for line in said.splitlines())


def test_a_file_and_a_folder_of_the_same_name(tmp_path: Path) -> None:
    tar_of(tmp_path / "a.tar", ("x", tarfile.REGTYPE, "1"), ("x/y", tarfile.REGTYPE, "2"))
    _, said = unpacked(tmp_path / "a.tar")
    assert said == "x/y: a file and a folder have the same name"


def test_an_encrypted_zip_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("uart.c", "x")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for at in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[at] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert unpacked(tmp_path / "a.zip")[1] == "uart.c: encrypted"


def test_an_archive_that_is_a_link_is_refused(tmp_path: Path, work: Path) -> None:
    zipped(work)
    (tmp_path / "other.zip").symlink_to("work.zip")
    with pytest.raises(GraderError, match="other.zip: it is a link"):
        receive(tmp_path / "other.zip", tmp_path / "tree", 0)


@pytest.mark.parametrize("name, stem", [("a.tar.gz", "a"), ("a.b.zip", "a.b"), ("A.ZIP", "A"),
                                        ("a.c", "a.c"), ("x.tgz", "x")])
def test_an_ending_is_cut_off(name: str, stem: str) -> None:
    assert without_kind(name) == stem
