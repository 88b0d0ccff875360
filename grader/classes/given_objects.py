# SPDX-License-Identifier: MIT
"""The objects of given code and of the solutions, compiled once for a whole class.

Most of a build compiles code that is the same for everybody. make finds these objects in the
build folder of a submission and takes each that is newer than its sources. A student's files are
newer, and so is what includes them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from ..core.kit import GraderError
from ..core.process import Nursery
from ..core.starters import starters
from ..grading.build import Place
from ..grading.run import Options, Workshop, boots_of
from ..grading.submission import HandIn, lay_out
from . import keys

PARTS = ("obj", "flags", "options")  # of a build folder


def given_objects(folder: Path, key: str, variables: tuple[str, ...], nursery: Nursery) -> Path:
    """Return a folder with these objects, and make it unless it is there. `key` names it."""
    ready = folder / f"given-{key[:16]}"
    if ready.is_dir():
        return ready
    for old in (*folder.glob("given-*"), *folder.glob("making-*")):  # of a run that was killed
        shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="making-") as scratch:
        tree = Path(scratch) / "kit"
        tree.mkdir()
        texts = starters()
        lay_out(HandIn({}, ()), texts, tree, 6)  # with solutions, and then with starters too
        for path, text in texts.items():
            (tree / path).write_text(text, "utf-8", "surrogateescape")
        build = tree / "build"
        for lab in range(1, 7):
            for solved in sorted({0, lab - 1}):
                _build(lab, solved, tree, variables, nursery)
        for path in texts:
            for left in (build / "obj").glob(f"*/{path}.*"):
                left.unlink()
        draft = Path(scratch) / "ready"
        draft.mkdir()
        for name in PARTS:
            os.rename(build / name, draft / name)
        os.rename(draft, ready)
    return ready


def _build(lab: int, solved: int, tree: Path, variables: tuple[str, ...],
           nursery: Nursery) -> None:
    options = Options((lab,), solved, tree / "build", Place(tree), make=variables)
    workshop = Workshop(options, nursery)
    for own in dict.fromkeys(boot.make for boot in boots_of(options.tables[lab])):
        built = workshop.build((lab, own))
        if built.error:
            raise GraderError(f"lab {lab} of the kit does not build: {built.error}")


def given_objects_of_worker(variables: tuple[str, ...]) -> Path:
    """Return the objects of a worker, in its temporary folder. Its first job makes them."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"schism-objects-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != user:
        raise GraderError(f"{folder} belongs to another user: set TMPDIR")
    with open(folder / "lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        key = keys.digest([("kit", keys.of_kit().encode()), ("tools", keys.of_tools().encode()),
                           ("variables", " ".join(variables).encode())])
        return given_objects(folder, key, variables, Nursery())
