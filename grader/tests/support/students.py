# SPDX-License-Identifier: MIT
"""What a student hands in who writes what the solutions have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from grader.core.hole_texts import Lines, Name, Starter
from grader.core.starters import END, HOLE, STARTER, marked, skeleton


def solutions(path: Path) -> tuple[Starter, dict[Name, Lines]]:
    """Return the starter of a file, and what its solution has in each hole."""
    text = marked()[path]
    starter = Starter.of(skeleton(text), path)
    return starter, dict(zip(starter.holes, _bodies(text)))


def _bodies(text: str) -> Iterator[Lines]:
    body: list[str] = []
    inside = False
    for line in text.splitlines():
        if inside and END.match(line):
            yield tuple(body)
            body, inside = [], False
        elif HOLE.match(line):
            inside = True
        elif inside and not STARTER.match(line):
            body.append(line)


def run(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make in a kit, as a person would."""
    settings = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    return subprocess.run(["make", *words], cwd=kit, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def release(kit: Path, folder: Path, *settings: str,
            words: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Release a kit, and return what was written, by its name."""
    environment = {**os.environ, **dict(word.split("=", 1) for word in settings)}
    done = subprocess.run(["make", "release", f"BUILD={folder}", *words], cwd=kit,
                          env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "release").iterdir()}
