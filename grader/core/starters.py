# SPDX-License-Identifier: MIT
"""Cut starters from solutions: `make starters`.

A file under solutions/ is complete. The student's part is between

    /* HOLE(lab01.4): What to do, in one sentence or two. */
    /* END(lab01.4) */

In the starter, the file of the same name in the lab's directory, the hole becomes the
sentence as a TODO and a call of todo(), which names the task and powers the machine off. The
END line stays, so that `make update` can find the student's text. Where a call is impossible
(a table, a macro, assembly that must define a symbol), lines `/* STARTER: text */` after the
HOLE line give the text. In them @CALL@ is that call, and @LATER@ a call that does not stop.

A kit for students has skeletons in place of the solutions: the same files and markers, with
nothing else in the holes. The same starters are cut from them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
SOLUTIONS = KIT / "solutions"
SKELETONS = KIT / "grader/skeletons"
MANIFEST = KIT / "common/make/holes.mk"
PLACES = KIT / "grader/labs/holes.txt"

HOLE = re.compile(r"^(\s*)/\* HOLE\((lab\d\d\.\d{1,2})\): (.*?) ?\*/$")
STARTER = re.compile(r"^\s*/\* STARTER:(?: (.*?))? \*/$")
END = re.compile(r"^\s*/\* END\((lab\d\d\.\d{1,2})\) \*/$")
# A function's name, in C or as our assembly macro.
C_FUNCTION = re.compile(r"^[A-Za-z_].*?\b(\w+)\([^;]*$")
ASM_FUNCTION = re.compile(r"^(?:function\s+(\w+)|(\w+):)")


class StarterError(Exception):
    """A solution with wrong markers: one line for the user."""


@dataclass(frozen=True)
class Hole:
    """One hole: where it is and whose task it belongs to."""

    task: str
    function: str
    text: str


def handout(task: str, lab: str) -> str:
    return f"{lab}/README.md#task-{task.split('.')[1]}"


def call(hole: Hole, indent: str, path: Path) -> str:
    """The line that ends a run at this hole."""
    where = f"{hole.function} in {path}" if hole.function else str(path)
    what = f"{where}, read {handout(hole.task, path.parts[0])}"
    if path.suffix == ".S":
        return f'\ttodo\t"{hole.task}", "{what}"'
    return f'{indent}todo("{hole.task}", "{what}");'


def _current_function(line: str, path: Path, before: str) -> str:
    if path.suffix == ".S":
        match = ASM_FUNCTION.match(line)
        return (match[1] or match[2]) if match else before
    match = C_FUNCTION.match(line)
    if match and not line.startswith(("struct ", "enum ")) or \
            match and line.rstrip().endswith((")", ",")):
        return f"{match[1]}()"
    return before


def cut(text: str, path: Path,
        filled: frozenset[str] = frozenset()) -> tuple[str, list[Hole]]:
    """The starter of a solution, and its holes. `path` is relative to the kit.

    Holes of the tasks in `filled` keep what the solution has in them.
    """
    out: list[str] = []
    holes: list[Hole] = []
    inside: Hole | None = None
    indent, replaced, keep, function = "", False, False, ""
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        if match := HOLE.match(line):
            if inside:
                raise StarterError(f"{where}: a hole inside hole {inside.task}")
            indent, replaced = match[1], False
            if path.suffix != ".S" and not indent:
                function = ""  # a macro, outside of all functions
            inside = Hole(match[2], function, match[3])
            holes.append(inside)
            keep = inside.task in filled
            if keep:
                continue
            out.append(f"{indent}/* TODO({inside.task}): {inside.text} */")
        elif match := END.match(line):
            if not inside or match[1] != inside.task:
                raise StarterError(f"{where}: END({match[1]}) without its HOLE")
            if not replaced and not keep:
                out.append(call(inside, indent, path))
            if not keep:
                out.append(line)
            inside = None
        elif inside and (match := STARTER.match(line)):
            replaced = True
            if match[1] and not keep:
                stop = call(inside, "", path).strip()
                later = stop.replace("todo(", "todo_later(", 1)
                out.append(match[1].replace("@CALL@", stop).replace("@LATER@", later))
        elif inside and keep:
            out.append(line)
        elif not inside:
            function = _current_function(line, path, function)
            out.append(line)
    if inside:
        raise StarterError(f"{path}: hole {inside.task} has no END")
    is_open = any(hole.task not in filled for hole in holes)
    if path.suffix != ".S" and is_open and '#include "todo.h"' not in out:
        last = max(i for i, line in enumerate(out) if line.startswith("#include"))
        out.insert(last + 1, '#include "todo.h"')
    return "\n".join(out) + "\n", holes


def skeleton(text: str) -> str:
    """Return a solution without what is in its holes."""
    kept, inside = [], False
    for line in text.splitlines():
        inside = inside and not END.match(line)
        if not inside or STARTER.match(line):
            kept.append(line)
        inside = inside or bool(HOLE.match(line))
    return "\n".join(kept) + "\n"


def solved(text: str, path: Path) -> str:
    """Return a solution without its markers."""
    tasks = frozenset(hole.task for hole in cut(text, path)[1])
    return cut(text, path, tasks)[0]


def read_source(path: Path) -> str:
    """Read a source. Keep bytes that are not UTF-8."""
    return path.read_text("utf-8", "surrogateescape")


def marked() -> dict[Path, str]:
    """Every solution, or skeleton in a kit for students, by its path relative to the kit.

    The open tasks, in open/, have no starters.
    """
    folder = SKELETONS if SKELETONS.is_dir() else SOLUTIONS
    return {path.relative_to(folder): read_source(path)
            for path in sorted(folder.rglob("*.[chS]"))
            if "open" not in path.relative_to(folder).parts}


def starters(filled: frozenset[str] = frozenset()) -> dict[Path, str]:
    """Every starter, by its path relative to the kit, with these tasks filled."""
    return {path: cut(text, path, filled)[0] for path, text in marked().items()}


def manifest(paths: Iterable[Path]) -> str:
    """Return the list of files with holes, so that make can name a missing one."""
    files = "".join(f" \\\n\t{path}" for path in paths)
    return ("# SPDX-License-Identifier: MIT\n"
            "# Written by make starters: the files with holes.\n"
            f"HOLES :={files}\n")


def places(sources: Mapping[Path, str]) -> str:
    """Return a line for each hole: its task, its file, and its function if it is in one."""
    lines = ["# Written by make starters: the task, file and function of each hole."]
    for path, text in sources.items():
        holes = cut(text, path)[1]
        lines += [f"{hole.task} {path} {hole.function}".rstrip() for hole in holes]
    return "\n".join(dict.fromkeys(lines)) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make starters", description=__doc__)
    parser.add_argument("--file", type=Path,
                        help="write this starter over the existing file")
    parser.add_argument("--all", action="store_true",
                        help="write all starters over the existing files")
    options = parser.parse_args()
    try:
        texts = starters()
    except StarterError as error:
        print(error, file=sys.stderr)
        return 1
    if options.file and options.file not in texts:
        print(f"{options.file}: not one of the files with holes", file=sys.stderr)
        return 1
    if not options.file:
        MANIFEST.write_text(manifest(texts))
        PLACES.write_text(places(marked()))
    for path, text in texts.items():
        target = KIT / path
        if options.file and options.file != path:
            continue
        if target.exists() and read_source(target) == text:
            if options.file:
                print(f"{path}: is the starter already")
            continue
        if target.exists() and not (options.all or options.file == path):
            print(f"{path}: differs from the starter and is kept "
                  f"(make restore FILE={path} restores the starter)")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", "surrogateescape")
        print(f"{path}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
