# SPDX-License-Identifier: MIT
"""make run SUBMISSION=dir, and other looks at a submission: build its stage in the sandbox.

make gives the folder of the copy. It is written again each time, because the submission may
have changed. SUBMISSION is in the environment, since make and sh would change some paths.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path

from ..core.kit import GraderError
from ..core.process import Nursery
from ..core.sanitize import short
from ..grading import sandbox
from ..grading.build import build_stage, outer_variables
from ..grading.submission import receive
from ..qemu.boot import qemu
from .stage import command


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make build SUBMISSION=dir", description=__doc__)
    parser.add_argument("copy", type=Path, help="the folder for the copy")
    parser.add_argument("tmp", type=Path, help="the folder that QEMU may write to")
    parser.add_argument("--lab", type=int, required=True)
    parser.add_argument("--solved", type=int, default=0)
    parser.add_argument("--variant", default="", help="as in stage.mk")
    parser.add_argument("--make", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(arguments)
    build(Path(os.environ["SUBMISSION"]), options)
    return 0


def build(folder: Path, options: argparse.Namespace) -> None:
    """Build one stage of a submission, and name the files that were not taken."""
    copy = options.copy.resolve()
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    tree, nursery = copy / "kit", Nursery()
    variables = [*outer_variables(), *options.make]
    received = receive(folder, tree, options.solved, variables, nursery)
    for note in received.notes:
        print(f"submission: {short(note)}", file=sys.stderr)
    built = build_stage(options.lab, options.solved, tree / "build", variables, nursery,
                        options.variant, received.place)
    _write_qemu(copy / "qemu", tree, options.tmp)
    if built.error:
        raise GraderError(f"the stage does not build: {short(built.error)}")
    # Where gdb's commands look for the output of the UART.
    built.image.with_name("uart.txt").symlink_to(options.tmp / "uart.txt")


def _write_qemu(script: Path, tree: Path, scratch: Path) -> None:
    """Write the command that starts QEMU in a sandbox, where it can write to one folder."""
    scratch.mkdir(mode=0o700, exist_ok=True)
    if scratch.is_symlink() or scratch.stat().st_uid != os.getuid():
        raise GraderError(f"{scratch} belongs to another user: remove it")
    argv = [*sandbox.for_machine(tree), "--bind", str(scratch), str(scratch), "--", qemu()]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
    script.chmod(0o755)


if __name__ == "__main__":
    sys.exit(command("submission", main))
