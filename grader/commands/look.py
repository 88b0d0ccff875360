# SPDX-License-Identifier: MIT
"""Boot VMs under the hypervisor of beyond/, and read EL2's memory with gdb (grader/gdb/look.py)."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..qemu.boot import qemu
from ..qemu.inspection import debugger
from .beyond import machine

SECONDS = 120  # for a machine that does not end
LIMITS = Limits(cpu_seconds=2 * SECONDS, wall_seconds=SECONDS + 60, output_bytes=64 << 20)


def look(options: argparse.Namespace, what: str, place: str = "") -> dict[str, Any]:
    """Run to a function of EL2, or to the end of the machine; then read the tables or the trace."""
    flags, argv = machine(options)
    with scratch() as folder:
        plan, answers = Path(folder, "plan"), Path(folder, "answers")
        plan.write_text(json.dumps({"place": place, "what": what, "seconds": SECONDS,
                                    "answers": str(answers)}))
        ended = Nursery().run(session(options.image, [*flags, *argv], bool(place)), LIMITS, cwd=KIT,
                              env=clean(SCHISM_LOOK=str(plan), LC_ALL="C.UTF-8"))
        if not answers.exists():
            words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GraderError(f"gdb failed: {words[-1] if words else 'no message'}")
        answer: dict[str, Any] = json.loads(answers.read_text())
    if "error" in answer:
        raise GraderError(f"EL2's memory could not be read: {answer['error']}")
    return answer


def session(image: Path, argv: Sequence[str], stops: bool) -> list[str]:
    """gdb's command line. With sleep=off a stop would advance virtual time."""
    words = ["null" if word == "stdio" else word for word in argv]
    words += ["-icount", "shift=3,sleep=on"] if stops else ["-action", "shutdown=pause"]
    line = shlex.join([qemu(), *words, "-kernel", os.path.relpath(image, KIT), "-S", "-gdb",
                       "stdio"])  # fmt: skip
    return [debugger(), "-nx", "-q", "-batch", os.path.relpath(image, KIT),
            "-x", "grader/gdb/hyp.py", "-ex", "set remotetimeout 60",
            "-ex", f"target remote | exec {line} 2>/dev/null",
            "-ex", "python from grader.gdb import look; look.look()", "-ex", "kill"]  # fmt: skip
