# SPDX-License-Identifier: MIT
"""make variants: grade every variant of the tables; each must get full marks.

Exit status: 0 if all do, 1 if not, 2 if they could not be graded.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ...core.kit import KIT, GraderError
from ...labs.check import Outcome
from ..mutants.workplace import Workplace, in_workplaces
from . import Variant, variants


def lost(workplace: Workplace, variant: Variant) -> list[str]:
    """Return the checks in which the variant lost points."""
    try:
        with workplace.changed(variant.edits, variant.files):
            gradings = [workplace.grade(lab) for lab in variant.labs]
    except GraderError as error:
        return [str(error)]
    results = [r for grading in gradings for lab in grading.labs for r in lab.results]
    return [f"{r.check.id}: {r.seen}" for r in results if r.outcome is not Outcome.PASSED]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make variants", description=__doc__)
    parser.add_argument("--lab", type=int, help="only the variants of this lab")
    parser.add_argument("-k", default="", metavar="REGEX", help="only variants with such a name")
    parser.add_argument("--build", type=Path, default=KIT / "build", help="where to work")
    options = parser.parse_args(argv)
    try:
        wanted = re.compile(options.k, re.IGNORECASE)
    except re.error as error:
        parser.error(f"-k {options.k}: {error}")
    chosen = [v for v in variants() if options.lab in (None, v.lab) and wanted.search(v.name)]
    if not chosen:
        parser.error("no variant has such a name")

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C
    home = options.build.resolve() / "variants"
    home.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=home) as folder:
            losses = in_workplaces(
                chosen,
                lost,
                Path(folder),
                lambda v: print(f"graded: lab {v.lab}, {v.name}", flush=True),
            )
    except (KeyboardInterrupt, GraderError) as error:
        print(f"variants: {error or 'interrupted'}", file=sys.stderr)
        return 2
    for variant, loss in zip(chosen, losses):
        for line in loss[:5]:
            print(f"lost: lab {variant.lab}, {variant.name}: {line}")
    good = losses.count([])
    print(f"variants: {good} of {len(chosen)} get full marks")
    return 0 if good == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
