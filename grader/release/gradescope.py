# SPDX-License-Identifier: MIT
"""make gradescope: the zip to upload as the autograder of a programming assignment.

It holds a kit for students, so no solution, with setup.sh and run_autograder at its top. The
container's own programs run as root and are no secret to a submission.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..commands.stage import command
from ..core.atomic_write import write_bytes
from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.released import File
from ..schools.gradescope import VISIBILITY
from . import archive
from .files import Choice, for_students

TOP = "kit"
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when it makes the autograder's image.
set -euo pipefail
cd /autograder/source/kit
exec ./setup.sh
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this in a new container for each submission.
set -euo pipefail
home=${{AUTOGRADER:-/autograder}}
cd "$home/source/kit"
exec "${{PYTHON:-/usr/bin/python3}}" -m grader.schools.gradescope --autograder "$home" {options}
"""


def packed(labs: tuple[int, ...], visibility: str) -> bytes:
    """Return the zip. Labs after the last graded one are not in it."""
    files = {f"{TOP}/{path}": file
             for path, file in for_students(Choice(labs=max(labs or tuple(LAB_DIRS)))).items()}
    words = [*(f"--lab {lab}" for lab in labs), f"--visibility {visibility}"]
    files["setup.sh"] = File(SETUP.encode(), True)
    files["run_autograder"] = File(RUN.format(options=" ".join(words)).encode(), True)
    return archive.zip_archive({Path(name): file for name, file in files.items()}, "")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make gradescope", description=__doc__)
    parser.add_argument("--lab", type=int, action="append", default=[])
    parser.add_argument("--visibility", default="visible")
    parser.add_argument("--build", type=Path, default=Path("build"))
    options = parser.parse_args(arguments)
    if options.visibility not in VISIBILITY:
        raise GraderError(f"VISIBILITY={options.visibility}: one of {', '.join(VISIBILITY)}")
    name = "".join(f"-lab{lab:02}" for lab in options.lab)
    path = KIT / options.build / f"gradescope/schism-labs{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, packed(tuple(options.lab), options.visibility))
    print(path.relative_to(KIT) if KIT in path.parents else path)
    return 0


if __name__ == "__main__":
    raise SystemExit(command("gradescope", main))
