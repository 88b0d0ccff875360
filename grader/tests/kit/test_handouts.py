# SPDX-License-Identifier: MIT
"""What the handouts, the hints, the README and docs/ say is true of the tree and of a run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands import hint, readme
from grader.commands.budget import holds_for
from grader.core.kit import KIT
from grader.labs import tables
from grader.qemu.boot import qemu
from grader.tests.support.documents import TASKS, anchors

COMPILERS = ("aarch64-none-elf-gcc", "aarch64-elf-gcc", "aarch64-linux-gnu-gcc")
HANDOUTS = sorted(KIT.glob("lab0[1-6]-*/README.md"))
PAGES = sorted(KIT.glob("docs/*.md"))
GUIDE = sorted(KIT.glob("solutions/*.md"))
DOCUMENTS = [KIT / "README.md", KIT / "CONTRIBUTING.md", *PAGES, *GUIDE, *HANDOUTS]
SECTIONS = ["What you will build", "What you need to know", "Tasks", "Run it", "Debug it",
            "Questions", "Open task", "Challenges", "Further reading"]


def test_every_lab_has_a_handout() -> None:
    assert [path.parent.name[:5] for path in HANDOUTS] == [f"lab0{n}" for n in range(1, 7)]


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda p: p.parent.name)
def test_a_handout_has_its_sections_in_order(path: Path) -> None:
    has_open_task = int(path.parent.name[3:5]) in tables(open_tasks=True)
    wanted = [name for name in SECTIONS if name != "Open task" or has_open_task]
    assert re.findall(r"^## (.*)$", path.read_text(), re.M) == wanted


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda p: p.parent.name)
def test_a_handout_has_a_section_for_every_task_and_a_picture(path: Path) -> None:
    text = path.read_text()
    lab = int(path.parent.name[3:5])
    tasks = re.findall(r"^### Task (\d)$", text, re.M)
    assert tasks == [task[-1] for task in TASKS[lab]]
    assert "```mermaid" in text or re.search(r"!\[[^\]]*\]\([\w-]+\.svg\)", text)


@pytest.mark.parametrize("lab", sorted(TASKS))
def test_the_guide_has_a_page_for_each_lab_with_an_oral_question_for_each_task(lab: int) -> None:
    text = (KIT / f"solutions/lab{lab:02}.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.M) == [
        "Answers", "Teaching notes", "Oral questions", "Open task", "Common mistakes"]
    oral = text.split("\n## Oral questions\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d) \| [^|]+ \| [^|]+ \|$", oral, re.M)
    assert rows == [task[-1] for task in TASKS[lab]]
    assert f"](lab{lab:02}.md)" in (KIT / "solutions/README.md").read_text()


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda p: p.parent.name)
def test_a_handout_asks_questions_and_sets_challenges(path: Path) -> None:
    text = path.read_text()

    def items(section: str) -> int:
        body = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
        return len(re.findall(r"^\d+\. ", body, re.M))

    assert 5 <= items("Questions") <= 8
    assert items("Challenges") == 3


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(KIT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        if target.startswith(("http:", "https:")):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(other.read_text()), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(KIT)))
def test_every_file_that_is_named_exists(path: Path) -> None:
    names = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:c|h|S|py|sh|mk|ld|md|args|txt|json))`",
                       path.read_text())
    # Other projects' files are named too: the kit's begin with its directories.
    ours = [name for name in names
            if name.startswith(("common/", "docs/", "lab0", "solutions/", "grader/"))]
    missing = [name for name in ours if not list(KIT.glob(name.replace("NN", "*")))]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(KIT)))
def test_every_command_is_a_target_of_make(path: Path) -> None:
    targets = set(re.findall(r"^([a-z_]+):", "\n".join(
        file.read_text() for file in [KIT / "Makefile", *KIT.glob("common/make/*.mk")]), re.M))
    for command in re.findall(r"(?:^    |`)make ([a-z_]+)", path.read_text(), re.M):
        assert command in targets, command


def test_every_check_and_every_hole_says_where_to_read() -> None:
    wanted = {check.handout for checks in tables().values() for check in checks}
    for starter in KIT.glob("lab0*/**/*.[chS]"):
        wanted |= set(re.findall(r"read (lab0\S+#task-\d)", starter.read_text()))
    for place in wanted:
        name, _, anchor = place.partition("#")
        assert anchor in anchors((KIT / name).read_text()), place


@pytest.mark.parametrize("lab", TASKS)
def test_there_are_three_hints_for_every_task(lab: int) -> None:
    hints = hint.parse((KIT / f"grader/labs/lab{lab:02d}/hints.md").read_text())
    assert sorted(hints) == [(int(task[-1]), level) for task in TASKS[lab]
                             for level in (1, 2, 3)]
    assert all(hints.values())


def as_committed() -> bool:
    """Is this the compiler and the QEMU that the documents were written with?

    Equal bytes are promised for equal images on equal QEMUs. Others take another time,
    have other addresses, and take turns elsewhere.
    """
    compiler = next(filter(shutil.which, COMPILERS), "")
    return version(compiler, "-dumpfullversion").startswith("12.") and (
        version(qemu(), "--version").startswith("7.2"))  # fmt: skip


def version(program: str, option: str) -> str:
    said = subprocess.run([program, option], capture_output=True, text=True, check=True)
    return re.findall(r"\d+\.[\d.]+", said.stdout)[0]


def only_where_it_holds(part: str) -> None:
    """What costs are committed for."""
    if part == "bench" or part.startswith("path-"):
        compiler = readme.reference().compiler
        if not holds_for(compiler):
            pytest.skip(f"the costs in it are GCC 12's at -O2, this is {compiler}")


def without_numbers(text: str) -> set[str]:
    """Its lines, wherever they are, without what another compiler or QEMU changes."""
    return {re.sub(r"0x[0-9a-f]+|\d+", "N", line) for line in text.splitlines() if line}


PARTS = [(path, name) for path, parts in readme.documents().items() for name in parts]


@pytest.mark.parametrize(("path", "part"), PARTS,
                         ids=lambda it: getattr(it, "parent", KIT / it).name)
def test_what_comes_from_a_run_is_what_a_run_gives(path: Path, part: str) -> None:
    only_where_it_holds(part)
    text = path.read_text()
    made = readme.regenerate(text, {part: readme.documents()[path][part]})
    if part == "commands" or as_committed():
        assert made == text, "python3 -m grader.commands.readme writes it again"
    elif part == "demo":  # the end, where the guests may have taken turns otherwise
        begin, end = f"<!-- begin {part} -->", f"<!-- end {part} -->"
        committed = text.partition(begin)[2].partition(end)[0]
        assert without_numbers(committed) <= without_numbers(readme.transcript(6)())
    else:
        assert without_numbers(made) == without_numbers(text)


@pytest.mark.parametrize("path", readme.pictures(), ids=lambda p: str(p.relative_to(KIT)))
def test_a_picture_of_a_run_is_what_a_run_draws(path: Path) -> None:
    only_where_it_holds(path.stem)
    drawn = readme.pictures()[path]()
    if as_committed():
        assert path.read_text() == drawn, "python3 -m grader.commands.readme draws it again"
    else:
        assert ElementTree.fromstring(drawn).tag == ElementTree.parse(path).getroot().tag
    assert f"({path.name})" in (path.parent / "README.md").read_text()


MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURES = [(page, text) for page in DOCUMENTS for text in MERMAID.findall(page.read_text())]


@pytest.mark.parametrize(("page", "text"), PICTURES, ids=lambda value: getattr(value, "name", ""))
def test_a_drawn_picture_is_well_formed(page: Path, text: str) -> None:
    """What mermaid would refuse: an unknown kind, an open quote or bracket, a tab."""
    kind, *lines = text.splitlines()
    assert kind.split()[0] in ("flowchart", "sequenceDiagram", "stateDiagram-v2")
    for line in lines:
        assert line.count('"') % 2 == 0 and "\t" not in line, line
        if kind.startswith("flowchart"):
            bare = re.sub(r'"[^"]*"', "", line)
            assert all(bare.count(a) == bare.count(b)
                       for a, b in (("[", "]"), ("(", ")"), ("{", "}"))), line
    opened = sum(line.split()[:1] == ["subgraph"] for line in lines)
    assert opened == sum(line.strip() == "end" for line in lines)
