# SPDX-License-Identifier: MIT
"""One job: grade one submission, on the student's own earlier labs and on the reference's.

A job has all that it needs in itself, so that it can run on another machine with the same kit. Its
result is a record: plain data, without times and names.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..core.kit import GraderError
from ..core.process import Nursery
from ..core.starters import starters
from ..grading import sandbox
from ..grading.build import Place
from ..grading.run import Grading, Options, grade
from ..grading.submission import HandIn, lay_out
from ..report.json_report import as_json
from . import keys

SCHEMA = 1
CPU_SECONDS = 4  # of QEMU, for each boot; those of the solutions take less than one
PATIENCE = 3  # boots of a lab that may be stopped before its others are left out

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A submission to grade. `key` names its result; `kit` is the digest of the kit."""

    key: str
    files: Mapping[Path, bytes]
    notes: tuple[str, ...]
    labs: tuple[int, ...]
    own_only: bool = False  # POLICY=own
    unsafe: bool = False  # without sandboxes
    variables: tuple[str, ...] = ()
    kit: str = ""


def graded(job: Job, work: Path, objects: Optional[Path] = None) -> Record:
    """Grade in a folder below `work`. Raise GraderError for what is not the student's fault.

    `objects` has the compiled files that are the same for all (given_objects.py).
    """
    if job.kit and job.kit != keys.of_kit():
        raise GraderError("this worker has another version of the kit than the one that sent the "
                          "job")
    with tempfile.TemporaryDirectory(dir=work, prefix=f"{job.key[:12]}-") as folder:
        own = _graded(job, job.labs, 0, Path(folder) / "own", objects)
        record = _record(job, own)
        for lab in () if job.own_only else _needs_reference(job, own):
            place = Path(folder) / f"lab{lab}"
            found = _graded(job, (lab,), lab - 1, place, objects)
            (record["reference"][str(lab)],) = as_json(found)["labs"]
            shutil.rmtree(place)
    return record


def _needs_reference(job: Job, own: Grading) -> list[int]:
    """Return the labs that lost points, perhaps because of an earlier lab that did."""
    faulty = {lab.lab for lab in own.labs if lab.points < lab.maximum}
    blind = {lab for lab in range(1, 7) if lab not in job.labs}
    begun = _begun(job)
    return [lab for lab in sorted(faulty)
            if lab in begun and any(earlier < lab for earlier in faulty | blind)]


def _begun(job: Job) -> set[int]:
    """Return the labs in which something is written. An untouched starter gets no points."""
    given = {path: text.encode("utf-8", "surrogateescape") for path, text in starters().items()}
    return {int(path.parts[0][3:5]) for path, data in job.files.items() if given.get(path) != data}


def _graded(job: Job, labs: Sequence[int], solved: int, folder: Path,
            objects: Optional[Path]) -> Grading:
    folder.mkdir()
    tree = folder / "kit"
    tree.mkdir()
    nursery = Nursery()
    wrapper: tuple[str, ...] = ()
    confinement: tuple[str, ...] = ()
    if not job.unsafe:
        wrapper = sandbox.wrapper(tree, tree, job.variables, nursery)
        confinement = sandbox.for_machine(tree)
    lay_out(HandIn(job.files, ()), starters(), tree, solved)
    build = tree / "build"
    if objects:
        shutil.copytree(objects, build)
    options = Options(tuple(labs), solved, build, Place(tree, wrapper, confinement),
                      make=job.variables, cpu_seconds=CPU_SECONDS, patience=PATIENCE)
    return grade(options, nursery)


def _record(job: Job, own: Grading) -> Record:
    report = as_json(own)
    return {
        "schema": SCHEMA,
        "key": job.key,
        "policy": "own" if job.own_only else "better",
        "notes": list(job.notes),
        "first_cause": report["first_cause"],
        "own": {str(lab["lab"]): lab for lab in report["labs"]},
        "reference": {},
    }
