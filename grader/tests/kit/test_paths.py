# SPDX-License-Identifier: MIT
"""The kit works wherever it lies, or says which character it cannot take."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.core.scratch_folder import scratch

STRANGE = "it's Bücher & (1);[1] #"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in a place with all characters that shells, make, gdb and pytest take apart."""
    place = tmp_path_factory.mktemp("paths") / STRANGE
    place.mkdir()
    return copy_of_the_kit(place)


def run(kit: Path, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHON": sys.executable, **variables}
    return subprocess.run(argv, cwd=kit, env=clean, capture_output=True, encoding="utf-8")


def test_a_stage_runs_from_its_lab_directory(kit: Path) -> None:
    done = run(kit / "lab01-boot", "make", "run", "SOLVED=1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "[panic]" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("place", ["t" * 139, "blank and, comma"])
def test_a_lab_gets_its_points_also_if_tmpdir_is_strange(
    kit: Path, tmp_path: Path, place: str
) -> None:
    folder = tmp_path / place
    folder.mkdir()
    done = run(kit, "make", "grade", "LAB=1", "SOLVED=1", TMPDIR=str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Total: 100 of 100 points"


def test_one_check_is_found(kit: Path) -> None:
    done = run(kit, "make", "grade", "SOLVED=1", "CHECK=lab01.2")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stage_is_drawn_and_debugged(kit: Path) -> None:
    done = run(kit, "make", "map", "LAB=2", "SOLVED=2")
    assert (done.returncode, done.stderr) == (0, "")
    done = run(kit, "sh", "-c", "echo 'hyp regs' | make gdb LAB=2 SOLVED=2 AT=exception_init")
    assert "VBAR_EL2" in done.stdout


@pytest.mark.parametrize("sign", [*"'\"&;|<>*?[]=$:%()", " ", "\\"])
def test_where_it_builds_a_character_that_make_cannot_take_is_named(sign: str) -> None:
    word = f"a{sign}b".replace("$", "$$")
    done = run(KIT, "make", "-n", "build", f"BUILD={word}")
    assert done.returncode == 2
    name = "a blank" if sign == " " else sign
    assert f"make cannot handle {name} in a path" in done.stderr


def test_a_scratch_directory_takes_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("t" * 139)
    long.mkdir()
    for place in (Path("/tmp"), long, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        with scratch() as folder, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/gdb")


def test_without_a_place_for_scratch_directories_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/a strange/one")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(GraderError, match="TMPDIR=/a strange/one is over 60 bytes long, or has"):
        scratch()
