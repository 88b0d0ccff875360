# SPDX-License-Identifier: MIT
"""The private apt reads the machine's own sources, and asks for a mirror where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.core.kit import GraderError
from grader.vms import packages, sources
from grader.vms.sources import Source, all_sources, codename, debian_sources

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
UBUNTU = 'VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n'
DEB822 = """\
# Types: deb
Types: deb deb-src
# a comment between fields
URIs: http://one.example/debian
 http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/debian.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w
"""
ONE_LINE = """\
# deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/a.gpg] http://a.example/debian bookworm main contrib
deb-src http://source.example/debian bookworm main
deb http://other.example/tool nodistro main
  deb  http://b.example/debian   stable-updates   main
"""


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The /etc of a Debian 12 with one file of each format, and no keys elsewhere."""
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text(DEBIAN)
    (tmp_path / "apt/sources.list").write_text(ONE_LINE)
    (tmp_path / "apt/sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "apt/sources.list.d/old.list.disabled").write_text("deb http://x.example y main\n")
    monkeypatch.setattr(sources, "KEYRINGS", tmp_path / "keyrings")
    return tmp_path


def test_both_formats_are_read(etc: Path) -> None:
    assert all_sources(etc) == [
        Source("http://a.example/debian", "bookworm", "/keys/a.gpg"),
        Source("http://other.example/tool", "nodistro"),
        Source("http://b.example/debian", "stable-updates"),
        *(Source(f"http://{host}.example/debian", suite, "/keys/debian.gpg")
          for host in ("one", "two") for suite in ("bookworm", "bookworm-updates")),
        Source("http://security.example/debian-security", "bookworm-security"),
    ]  # fmt: skip


def test_only_debians_own_archives_are_used_for_the_suite_that_is_asked_for(etc: Path) -> None:
    found = debian_sources("trixie", "", etc)
    assert [(source.uri.split("/")[2], source.suite) for source in found] == [
        ("a.example", "trixie"), ("b.example", "trixie-updates"), ("one.example", "trixie"),
        ("one.example", "trixie-updates"), ("two.example", "trixie"),
        ("two.example", "trixie-updates"), ("security.example", "trixie-security"),
    ]  # fmt: skip
    own = debian_sources("", "", etc)
    assert {source.suite.partition("-")[0] for source in own} == {"bookworm"}


def test_a_mirror_replaces_them(etc: Path) -> None:
    (etc / "keyrings").mkdir()
    keys = etc / "keyrings/debian-archive-keyring.gpg"
    keys.touch()
    (source,) = debian_sources("", "http://mirror.example/debian", etc)
    assert source.line() == (f"deb [arch=arm64 target=Packages signed-by={keys}] "
                             "http://mirror.example/debian bookworm main\n")  # fmt: skip


def test_another_system_asks_for_a_mirror_or_a_kernel_in_one_line(etc: Path) -> None:
    (etc / "os-release").write_text(UBUNTU)
    assert codename(etc) == ""
    with pytest.raises(GraderError, match="^this system is not Debian: give MIRROR=.* KERNEL="):
        debian_sources("", "", etc)
    (source,) = debian_sources("", "http://mirror.example/debian", etc)
    assert source.suite == sources.FALLBACK_SUITE


def test_a_debian_whose_sources_name_no_archive_of_its_own_asks_too(etc: Path) -> None:
    (etc / "apt/sources.list.d/debian.sources").unlink()
    (etc / "apt/sources.list").write_text("deb http://other.example/tool nodistro main\n")
    with pytest.raises(GraderError, match="^apt's sources name no archive of bookworm: give MIRR"):
        debian_sources("", "", etc)


def test_files_that_are_there_are_not_downloaded(tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "Apt", None)
    place = tmp_path / "trixie"
    place.mkdir()
    (place / packages.BUSYBOX).touch()
    assert packages.Packages(tmp_path, "trixie").get([packages.BUSYBOX]) == [place / "busybox"]


@pytest.mark.parametrize("suite", ["Trixie", "a b", "../x", "-x"])
def test_a_suite_is_a_word(tmp_path: Path, suite: str) -> None:
    with pytest.raises(GraderError, match="^SUITE="):
        packages.Packages(tmp_path, suite)


def test_without_apt_a_kernel_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(GraderError, match="^apt-get is missing.*give KERNEL= and INITRD="):
        packages.Packages(tmp_path, "trixie").get([packages.KERNEL])
