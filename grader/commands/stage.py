# SPDX-License-Identifier: MIT
"""The base of the commands that show a stage: its boot, its ending, templates."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

try:
    import jinja2
except ImportError:  # without pictures
    jinja2 = None  # type: ignore[assignment]

from ..core.kit import GraderError
from ..core.sanitize import short
from ..core.scratch_folder import scratch
from ..grading.evaluate import open_task
from ..labs.check import Evidence
from ..model.guest_programs import guests_of
from ..qemu.boot import INSPECTION, Ending, Run, boot
from ..qemu.inspection import Session, Watch

# A livelock takes an exception every few hundred instructions until the time budget ends.
LIMITS = replace(INSPECTION, cpu_seconds=60, wall_seconds=300)
TEMPLATES = Path(__file__).parents[1] / "report/templates"


@dataclass(frozen=True)
class Stage:
    """A stage that make has built, by its image."""

    image: Path

    @property
    def lab(self) -> int:
        return int(self.image.parent.name[3:5])

    @property
    def guests(self) -> dict[int, str]:
        """The names of its guests by slot."""
        return guests_of(self.image)

    def run(self, inspect: bool = False) -> Run:
        """Boot the stage and read the machine at the end; with `inspect` at the checkpoints too.

        Without a log of exceptions even a livelock gets to the end of the time budget.
        """
        with scratch() as folder:
            watch = Watch(at_end=True, registers=("CNTFRQ_EL0",))
            session = Session(self.image, Path(folder), watch, inspect=inspect)
            return boot(self.image, limits=LIMITS, session=session, exceptions=None)

    def write(self, name: str, text: str) -> Path:
        path = self.image.with_name(name)
        path.write_text(text, "utf-8")
        return path


def unfinished(run: Run, image: Path) -> str:
    """Return in a line why a stage did not reach its end; nothing if it did."""
    hole = open_task(Evidence(run, image))
    if hole:
        return f"the stage stopped at {short(hole.line).partition('[todo] ')[2]}"
    if run.ending is not Ending.OFF or "[panic]" in run.text:
        return f"the stage did not reach its end: {short(str(run))}"
    return ""


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table: the first column left-aligned, numbers right-aligned."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        first, *rest = (cell.rjust(width) if at else cell.ljust(width)
                        for at, (cell, width) in enumerate(zip(row, widths)))
        yield "  ".join([first, *rest]).rstrip()


def render(template: str, **values: Any) -> str:
    if not jinja2:
        raise GraderError("jinja2 is missing: run ./setup.sh")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)


def command(name: str, main: Callable[[list[str]], int]) -> int:
    """Run a command and return its exit status: errors are a line, and `| head` is no error."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        sys.stderr.close()  # else Python complains about stdout at exit
        return 0
    except (GraderError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
