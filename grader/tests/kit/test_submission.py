# SPDX-License-Identifier: MIT
"""What is taken from a submission, what is not, and that nothing else can be reached from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS, GraderError, copy_of_the_kit
from grader.core.starters import starters
from grader.grading import submission
from grader.grading.submission import MAX_FILES, receive
from grader.tests.support.made_up import put

UART = Path("lab01-boot/uart.c")
SOLVED_UART = (KIT / "solutions" / UART).read_text()


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """A submission of lab 1's solutions and nothing else."""
    folder = tmp_path / "handed in"
    for path in (KIT / "solutions/lab01-boot").glob("*.[chS]"):
        put(folder, f"lab01-boot/{path.name}", path.read_text())
    return folder


def laid_out(handed_in: Path, solved: int = 0) -> tuple[Path, str]:
    """The tree, and what was said."""
    tree = handed_in.parent / "tree"
    return tree, "\n".join(receive(handed_in, tree, solved).notes)


def grade(handed_in: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    argv = [sys.executable, "-m", "grader", "--submission", str(handed_in), *args]
    argv += ["--build", str(handed_in.parent / "build")]
    return subprocess.run(argv, cwd=KIT, env=env, capture_output=True, text=True)


def report(handed_in: Path) -> dict:
    return json.loads((handed_in.parent / "build/grade/report.json").read_text())


def test_files_with_holes_are_taken_and_missing_ones_are_open(handed_in: Path) -> None:
    tree, said = laid_out(handed_in)
    assert (tree / UART).read_text() == SOLVED_UART
    other = Path("lab02-mmu/pgtable.c")
    assert (tree / other).read_text() == starters()[other]
    assert f"not in the submission, so its holes are open: {LAB_DIRS[2]}/el2_mmu.c, {other}" in said


GIVEN = ["lab01-boot/main.c", "lab01-boot/selftest.c", "common/include/say.h", "Makefile",
         "grader/labs/lab01/checks.py", "common/make/qemu.args", "common/hyp.ld"]


@pytest.mark.parametrize("name", GIVEN)
def test_given_files_are_the_kit_s_and_a_change_is_named(handed_in: Path, name: str) -> None:
    put(handed_in, name, "all points to me\n")
    tree, said = laid_out(handed_in)
    assert f"not as the kit gave it; the kit's own was graded: {name}" in said
    if (tree / name).exists():
        assert (tree / name).read_bytes() == (KIT / name).read_bytes()
    else:
        assert name.startswith("grader/")


def test_files_of_the_student_s_own_are_taken(handed_in: Path) -> None:
    put(handed_in, "lab01-boot/ring.c", "int ring;\n")
    put(handed_in, "lab06-guests/guests/counter_os/ring.h", "extern int ring;\n")
    tree, said = laid_out(handed_in)
    assert (tree / "lab01-boot/ring.c").read_text() == "int ring;\n"
    assert "own: lab01-boot/ring.c, lab06-guests/guests/counter_os/ring.h" in said


NO_NAMES = ["lab01-boot/say.h", "lab01-boot/stdint.h", "lab01-boot/pgtable.h",
            "lab01-boot/__stddef_max_align_t.h", "lab01-boot/StdInt.h", "lab01-boot/$(shell id).c",
            "lab01-boot/a b.c", "lab01-boot/-o.S"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_no_file_stands_in_for_a_given_one_or_has_a_name_that_make_reads(
    handed_in: Path, name: str
) -> None:
    put(handed_in, name, "\n")
    tree, said = laid_out(handed_in)
    assert not (tree / name).exists()
    assert f"not taken, for its name or kind: {name}" in said


def test_links_and_pipes_are_not_followed(handed_in: Path) -> None:
    (handed_in / UART).unlink()
    (handed_in / UART).symlink_to(KIT / "solutions" / UART)
    os.mkfifo(handed_in / "lab01-boot/more.c")
    (handed_in / "lab02-mmu").symlink_to(KIT / "solutions/lab02-mmu")
    tree, said = laid_out(handed_in)
    assert (tree / UART).read_text() == starters()[UART]
    assert not (tree / "lab01-boot/more.c").exists()
    assert (
        f"a link, and links are not followed, so its holes are open: {UART}, lab02-mmu/el2_mmu.c"
        in said
    )
    assert "not taken, for its name or kind: lab01-boot/more.c" in said


def test_a_second_name_of_a_file_is_not_taken(handed_in: Path) -> None:
    (handed_in / UART).unlink()
    other = handed_in.parent / "another submission.c"
    other.write_text(SOLVED_UART)
    os.link(other, handed_in / UART)
    tree, said = laid_out(handed_in)
    assert (tree / UART).read_text() == starters()[UART]
    assert f"a hard link, and links are not followed, so its holes are open: {UART}" in said


@pytest.mark.parametrize("target", [KIT / "solutions", KIT, Path("..")],
                         ids=["solutions", "kit", "up"])
def test_a_folder_with_nothing_but_a_link_is_one_line_and_no_points(
    tmp_path: Path, target: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "work").symlink_to(target)
    result = grade(folder)
    line = f"grade: submission {folder}: work is a link, and links are not followed\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", line)


def test_a_folder_that_is_a_link_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").symlink_to(KIT / "solutions")
    with pytest.raises(GraderError, match="folder: it is a link, and links are not followed"):
        receive(tmp_path / "folder", tmp_path / "tree", 0)


def test_a_directory_that_cannot_be_read_is_named_and_the_lab_is_open(handed_in: Path) -> None:
    (handed_in / "lab01-boot").chmod(0)
    words = "not readable, so its holes are open: lab01-boot/boot.S"
    if os.geteuid() == 0:  # as somebody who may not read everything
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
        code = f"""
from pathlib import Path
from grader.grading.untrusted_folder import HandedIn, Refused
with HandedIn(Path({str(handed_in)!r})) as root:
    assert root.read(Path("lab01-boot/boot.S")) is Refused.UNREADABLE
    assert root.is_directory(Path("lab01-boot")) and root.names(Path("lab01-boot")) == []
"""
        subprocess.run([*drop, sys.executable, "-c", code], cwd=KIT, check=True)
    else:
        assert words in laid_out(handed_in)[1]
    (handed_in / "lab01-boot").chmod(0o700)


def test_no_more_than_the_limit_is_read(handed_in: Path) -> None:
    (handed_in / UART).open("r+b").truncate(1 << 40)  # sparse
    tree, said = laid_out(handed_in)
    assert (tree / UART).read_text() == starters()[UART]
    assert f"larger than 1 MiB, so its holes are open: {UART}" in said


def test_sources_need_not_be_utf_8(handed_in: Path) -> None:
    text = SOLVED_UART.encode() + "/* gr\u00fc\u00df dich */\n".encode("latin-1")
    (handed_in / UART).write_bytes(text)
    put(handed_in, "lab01-boot/own.h", "")
    (handed_in / "lab01-boot/own.h").write_bytes(b"/* \xff */\n")
    tree, said = laid_out(handed_in)
    assert (tree / UART).read_bytes() == text
    assert "own: lab01-boot/own.h" in said


def test_names_are_shown_so_that_they_steer_no_terminal(handed_in: Path) -> None:
    put(handed_in, "lab01-boot/\x1b[31m\nred\u202e.c", "")
    (handed_in / "lab01-boot" / os.fsdecode(b"\xff.c")).write_text("")
    _, said = laid_out(handed_in)
    assert r"kind: lab01-boot/\x1b[31m\nred\u202e.c, lab01-boot/\udcff.c" in said


def test_of_many_files_few_are_taken(handed_in: Path) -> None:
    for number in range(MAX_FILES + 10):
        put(handed_in, f"lab01-boot/own{number:03}.c", "")
    tree, said = laid_out(handed_in)
    assert len(list((tree / "lab01-boot").glob("own*.c"))) == MAX_FILES
    assert "lab01-boot/own069.c" in said


def test_solved_labs_are_not_the_student_s(handed_in: Path) -> None:
    put(handed_in, str(UART), "mine\n")
    tree, said = laid_out(handed_in, solved=1)
    assert "mine" not in (tree / UART).read_text()
    assert sorted(path.name for path in (tree / "solutions").iterdir()) == [LAB_DIRS[1]]


def test_a_folder_in_a_folder_is_found(handed_in: Path) -> None:
    tree, _ = laid_out(handed_in.rename(handed_in.parent / "name").parent)
    assert (tree / UART).read_text() == SOLVED_UART


def test_what_is_no_submission_is_told(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="it has no lab directory, such as lab01-boot/"):
        receive(tmp_path, tmp_path / "tree", 0)
    with pytest.raises(GraderError, match="there is no such folder"):
        receive(tmp_path / "absent", tmp_path / "tree", 0)
    for name in "ab":
        (tmp_path / name / "lab01-boot").mkdir(parents=True)
    with pytest.raises(GraderError, match="a/ and b/ both hold labs; name one"):
        receive(tmp_path, tmp_path / "tree", 0)


def test_without_a_sandbox_nothing_is_built(
    handed_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GraderError, match=r"bubblewrap is missing: run ./setup.sh --dev$"):
        laid_out(handed_in)


def test_a_right_submission_gets_full_marks_and_leaves_nothing_behind(handed_in: Path) -> None:
    result = grade(handed_in, "--lab", "1")
    assert "Total: 100 of 100 points" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    assert [path.name for path in (handed_in.parent / "build").iterdir()] == ["grade"]


REACHES = {
    "a solution": '#include "../solutions/lab01-boot/uart.c"\n',
    "a solution by its full name": f'#include "{KIT}/solutions/lab01-boot/uart.c"\n',
    "an endless file": '#include "/dev/zero"\n',
    "what make hands to its jobs": '#include "/proc/self/environ"\n',
    "a file of the host": '__asm__(".incbin \\"/etc/passwd\\"");\n',
}


@pytest.mark.parametrize("text", REACHES.values(), ids=REACHES)
def test_nothing_outside_can_be_included(handed_in: Path, text: str) -> None:
    put(handed_in, str(UART), text)
    assert grade(handed_in, "--lab", "1").returncode == 1
    (lab,) = report(handed_in)["labs"]
    assert lab["points"] == 0
    (seen,) = [check["seen"] for check in lab["checks"] if check["result"] == "failed"]
    assert "o such file" in seen or "not found" in seen


PRINTS_ALL = """
#include "panic.h"
#include "say.h"
#include "uart.h"
void hyp_main(void)
{
	uart_init();
	say("boot", "everything is right");
	power_off();
}
"""


def test_edits_of_given_code_gain_nothing(handed_in: Path) -> None:
    for path, text in starters().items():
        put(handed_in, str(path), text)
    put(handed_in, "lab01-boot/main.c", PRINTS_ALL)
    put(handed_in, "common/lib/todo.c", "void todo(void) {}\n")
    put(handed_in, "grader/grading/evaluate.py", "def evaluate(*_): return []\n")
    result = grade(handed_in, "--lab", "1")
    assert "Total: 0 of 100 points" in result.stdout
    (*_, note) = report(handed_in)["notes"]
    assert note.endswith(": common/lib/todo.c, grader/grading/evaluate.py, lab01-boot/main.c")


def test_a_wrong_folder_is_one_line(tmp_path: Path) -> None:
    result = grade(tmp_path / "absent", "--lab", "1")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"grade: submission {tmp_path}/absent: there is no such folder\n"


def test_designs_for_open_tasks_are_taken_from_their_folders(handed_in: Path) -> None:
    """Also a module of the lab's own name; not a header of a given name."""
    put(handed_in, "lab02-mmu/open/page_pool.c", "int pool;\n")
    put(handed_in, "lab02-mmu/open/page_pool.h", "int header;\n")
    put(handed_in, "lab06-guests/open/guests/observer/main.c", "int observer;\n")
    put(handed_in, "lab06-guests/open/guests/No Name/main.c", "int none;\n")
    tree, said = laid_out(handed_in)
    assert (tree / "lab02-mmu/open/page_pool.c").read_text() == "int pool;\n"
    assert (tree / "lab06-guests/open/guests/observer/main.c").exists()
    assert not (tree / "lab02-mmu/open/page_pool.h").exists()
    assert not (tree / "lab06-guests/open/guests/No Name").exists()
    assert "not taken, for its name or kind: lab02-mmu/open/page_pool.h" in said


def test_a_design_of_the_instructor_is_neither_graded_nor_compared(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = copy_of_the_kit(tmp_path)
    put(kit, "lab02-mmu/open/page_pool.c", "int of_the_instructor;\n")
    put(kit, "lab03-stage2/open/dirty_log.c", "int of_the_instructor;\n")
    put(handed_in, "lab02-mmu/open/page_pool.c", "int pool;\n")
    monkeypatch.setattr(submission, "KIT", kit)
    tree, said = laid_out(handed_in)
    assert (tree / "lab02-mmu/open/page_pool.c").read_text() == "int pool;\n"
    assert not (tree / "lab03-stage2/open").exists()
    assert "not as the kit gave it" not in said
