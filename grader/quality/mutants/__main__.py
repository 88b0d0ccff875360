# SPDX-License-Identifier: MIT
"""make mutants: grade every mistake of the tables, and list those that the grader does not name.

A mistake is explained if the first paragraph of its grading is that of the row that lists it in
grader/labs/labNN/mistakes.py. Exit status: 0 if all that have an effect are killed and nearly all
are named and explained, 1 if not, 2 if they could not be graded.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ...core.kit import KIT, GraderError
from . import Mutant, mutants
from .verdict import Kind, Verdict, all_right
from .workplace import Workplace, in_workplaces

STYLES = {Kind.NAMED: "green", Kind.UNSEEN: "dim", Kind.MISNAMED: "yellow"}
WITHOUT_A_TERMINAL = 110  # columns


def verdict(workplace: Workplace, mutant: Mutant) -> Verdict:
    workplace.full_marks(mutant.lab)
    return workplace.verdict(mutant)


def kill_table(verdicts: Sequence[Verdict]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("lab")
    for heading in ("mutants", *(kind.value for kind in Kind)):
        table.add_column(heading, justify="right")
    table.add_column("explained", justify="right")
    labs = sorted({verdict.mutant.lab for verdict in verdicts})
    for name, group in [(str(lab), [lab]) for lab in labs] + [("all", labs)][: len(labs) > 1]:
        own = [v for v in verdicts if v.mutant.lab in group]
        kinds = Counter(v.kind for v in own)
        explained = sum(v.killed and not v.explained_as for v in own)
        table.add_row(name, str(len(own)), *(str(kinds[kind]) for kind in Kind), str(explained))
    return table


def show(verdicts: Sequence[Verdict], console: Console) -> None:
    console.print(kill_table(verdicts))
    for verdict in verdicts:
        if verdict.kind is not Kind.NAMED:
            style = STYLES.get(verdict.kind, "bold red")
            where = f"lab {verdict.mutant.lab}, {verdict.mutant.name}"
            words = f": {where}: {verdict.reason}"
            console.print(Text.assemble((verdict.kind.value, style), words))
        if verdict.explained_as:
            where = f"lab {verdict.mutant.lab}, {verdict.mutant.name}"
            words = f": {where}: by the first paragraph: {verdict.explained_as}"
            console.print(Text.assemble(("explained otherwise", "yellow"), words))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--lab", type=int, help="only the mutants of this lab")
    parser.add_argument("-k", default="", metavar="REGEX", help="only mutants with such a name")
    parser.add_argument("--build", type=Path, default=KIT / "build", help="where to work")
    options = parser.parse_args(argv)
    try:
        wanted = re.compile(options.k, re.IGNORECASE)
    except re.error as error:
        parser.error(f"-k {options.k}: {error}")
    chosen = [m for m in mutants() if options.lab in (None, m.lab) and wanted.search(m.name)]
    if not chosen:
        parser.error("no mutant has such a name")

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WITHOUT_A_TERMINAL
    progress_console = Console(stderr=True, quiet=not sys.stderr.isatty())
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    home = options.build.resolve() / "mutants"
    home.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=home) as folder, Progress(
            *columns, console=progress_console, transient=True
        ) as progress:
            bar = progress.add_task("mutants", total=len(chosen))
            verdicts = in_workplaces(
                chosen,
                verdict,
                Path(folder),
                lambda m: progress.update(bar, advance=1, description=f"lab {m.lab}"),
            )
    except KeyboardInterrupt:
        print("mutants: interrupted", file=sys.stderr)
        return 2
    except GraderError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    show(verdicts, console)
    return 0 if all_right(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
