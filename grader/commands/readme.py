# SPDX-License-Identifier: MIT
"""The parts and pictures of README.md, docs/ and the handouts that come from running the kit.

`python -m grader.commands.readme` writes them; a test fails when one is out of date. A part is the
text between the lines `<!-- begin NAME -->` and `<!-- end NAME -->`. A picture is a file next to
its handout, drawn by a command from a run of the solutions.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path

from ..core.kit import KIT, LAB_DIRS
from ..labs.mistake import mistakes
from . import bench, budget
from .costs import Measured
from .path import KINDS

# The pictures in the handouts: the command that draws each, with its lab.
PICTURES = (
    "map LAB=2", "map LAB=3", "map LAB=6", "timeline LAB=5 FROM=212 TO=216", "timeline LAB=6",
)  # fmt: skip
BARS = KIT / "lab05-vcpu/bench.svg"
# EL2's own summary at the end.
DEMO_TAIL = re.compile(r"^\[exits\] vm0.*", re.M | re.S)


def make(*arguments: str) -> str:
    done = subprocess.run(["make", "-s", *arguments], cwd=KIT, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout


def _fenced(text: str) -> str:
    return "```\n" + text.strip("\n") + "\n```"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "---") -> str:
    """Return a Markdown table; `align` is for the columns after the first."""
    rule = ["---", *[align] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def demo() -> str:
    match = DEMO_TAIL.search(make("demo"))
    assert match, "the demo did not end as expected"
    return _fenced(match[0])


def commands() -> str:
    rows = re.findall(r"^  (make \S+) +(.*)$", make("help"), re.M)
    return _table(("command", "what it does"), ((f"`{name}`", what) for name, what in rows))


@lru_cache(maxsize=1)
def reference() -> Measured:
    """The costs of the solutions, built with the default compiler."""
    (found,), _ = bench.trees(bench.SOLVED, KIT / os.environ.get("BUILD", "build"))
    return found


def costs() -> str:
    it = reference()
    tables = [_table(head, rows, "---:")
              for head, *rows in (bench.costs([it]), bench.split(it, it))]
    parts = [*tables, f"EL2 as a whole: {bench.boot_and_image(it)}."]
    return "\n\n".join(parts)


def path(kind: str) -> Callable[[], str]:
    """The calls of an exit of the finished hypervisor."""
    return lambda: _fenced(make("path", "LAB=6", "SOLVED=6", f"EXIT={kind}"))


def transcript(lab: int) -> Callable[[], str]:
    return lambda: _fenced(make("run", f"LAB={lab}", f"SOLVED={lab}"))


def _symptoms(lab: int) -> Callable[[], str]:
    """The mistakes that show in a run, for students."""
    rows = [(row.shows, row.cause) for row in mistakes(lab) if row.shows]
    return lambda: _table(("what you see", "what it usually is"), rows)


def _causes(lab: int) -> Callable[[], str]:
    """All mistakes of the table, for instructors."""
    rows = [((row.task or row.check)[6:7], row.shows or "its check fails", row.cause,
             f"`{row.check}`") for row in mistakes(lab)]
    return lambda: _table(("task", "symptom", "cause", "where it shows"), rows)


def documents() -> dict[Path, dict[str, Callable[[], str]]]:
    """Every document with generated parts, and a function for each part."""
    found: dict[Path, dict[str, Callable[[], str]]] = {
        KIT / "README.md": {"demo": demo},
        KIT / "docs/commands.md": {"commands": commands},
        KIT / "docs/costs.md": {"bench": costs},
        KIT / "docs/life-of-an-exit.md": {f"path-{kind}": path(kind) for kind in KINDS},
    }
    for handout in sorted(KIT.glob("lab0[1-6]-*/README.md")):
        lab = int(handout.parent.name[3:5])
        found[handout] = {"transcript": transcript(lab)}
        if mistakes(lab):
            found[handout]["mistakes"] = _symptoms(lab)
    for lab in LAB_DIRS:
        if mistakes(lab):
            found[KIT / f"solutions/lab{lab:02}.md"] = {f"mistakes-{lab}": _causes(lab)}
    return found


def picture(command: str, lab: int) -> Callable[[], str]:
    """The last line of the command's output is the file of the picture."""
    def draw() -> str:
        *_, path = make(*command.split(), f"SOLVED={lab}").splitlines()
        return (KIT / path).read_text()
    return draw


def pictures() -> dict[Path, Callable[[], str]]:
    """Every picture of a handout that comes from a run, and a function that draws it."""
    found = {}
    for command in PICTURES:
        name, lab = command.split()[0], int(command.split()[1][-1])
        found[next(KIT.glob(f"lab0{lab}-*")) / f"{name}.svg"] = picture(command, lab)
    found[BARS] = lambda: bench.draw([reference()])
    return found


def _filled(made: str, part: re.Match[str]) -> str:
    return f"{part[1]}{made}\n{part[2]}"


def regenerate(text: str, parts: dict[str, Callable[[], str]]) -> str:
    """Replace each part of a text; a missing part is an error."""
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        assert pattern.search(text), f"there is no part {name}"
        text = pattern.sub(partial(_filled, part()), text)
    return text


def main() -> int:
    for document, parts in documents().items():
        document.write_text(regenerate(document.read_text(), parts))
    for file, draw in pictures().items():
        file.write_text(draw())
    budget.FILE.write_text(budget.lowered(reference(), budget.budget()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
