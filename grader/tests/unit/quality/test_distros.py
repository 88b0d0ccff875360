# SPDX-License-Identifier: MIT
"""make distros, as far as it can be tried without making a system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError
from grader.quality import distros


def test_a_step_brings_those_that_it_needs_and_no_others() -> None:
    names = [step.name for step in distros.chosen(["user-demo", "options"])]
    assert names == ["setup", "user-demo", "dev", "options"]
    assert len(distros.chosen([])) == len(distros.STEPS)


def test_an_unknown_step_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(GraderError, match="STEPS=tests: the steps are setup, demo,"):
        distros.chosen(["tests"])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources.list", "# a comment\ndeb [arch=amd64] http://m.example/debian bookworm main\n"),
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://m.example/debian/\n"),
        ("sources.list.d/ubuntu.sources", "Types: deb\nURIs: http://m.example/ubuntu/\n"),
    ],
)
def test_packages_come_from_where_apt_has_them(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert distros.mirrors("", tmp_path) == {
        "debian": "http://m.example/debian",
        "ubuntu": "http://m.example/ubuntu",
    }


def test_a_mirror_can_be_given_and_must_be_if_apt_has_none(tmp_path: Path) -> None:
    assert distros.mirrors("http://a/b/", tmp_path)["ubuntu"] == "http://a/b/ubuntu"
    with pytest.raises(GraderError, match="MIRROR="):
        distros.mirrors("", tmp_path)


def test_systems_get_their_updates() -> None:
    assert distros.sources("trixie", "http://m/debian").splitlines() == [
        "deb http://m/debian trixie main",
        "deb http://m/debian trixie-updates main",
        "deb http://m/debian-security trixie-security main",
    ]
    assert distros.sources("noble", "http://m/ubuntu").splitlines()[-1] == (
        "deb http://m/ubuntu noble-security main universe"
    )


@pytest.mark.parametrize("program", ["debootstrap", "unshare"])
def test_what_is_missing_is_one_line(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else name)
    assert distros.main(["--folder", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"distros: {program} is missing: install")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert distros.main(["--folder", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("distros: needs root")
    assert not (tmp_path / "none").exists()


def test_the_table_has_a_row_a_step_and_a_column_a_system() -> None:
    steps = distros.chosen(["demo"])
    columns = {"trixie": {"setup": "40 s", "demo": "2 s"},
               "noble": {"setup": "51 s", "demo": "FAILED"}}
    assert [line.split(maxsplit=1) for line in distros.table(steps, columns).splitlines()] == [
        ["trixie", "noble"],
        ["setup", f"{'40 s':<15}51 s"],
        ["demo", f"{'2 s':<15}FAILED"],
    ]


def test_the_readme_names_these_systems() -> None:
    readme = (KIT / "README.md").read_text()
    start = readme[readme.index("## Start") : readme.index("## Where to begin")]
    assert re.findall(r"(\w+) (\d[\d.]*) or newer", start) == [("Debian", "12"),
                                                               ("Ubuntu", "24.04")]


def test_the_script_that_enters_is_well_formed() -> None:
    subprocess.run(["bash", "-n", distros.ENTER], check=True)
