# SPDX-License-Identifier: MIT
"""The Debian archives in this machine's own apt sources, for another suite if asked.

Both formats of sources.list(5) are read. The kit itself names no mirror.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError

ETC = Path("/etc")
KEYRINGS = Path("/usr/share/keyrings")
FALLBACK_SUITE = "bookworm"  # for MIRROR= on a system that is not Debian
# Release names that a Debian system's sources may have instead of its codename.
ALIASES = ("stable", "oldstable")
ONE_LINE = re.compile(r"^deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s")


@dataclass(frozen=True)
class Source:
    """An archive: its URI, its suite such as bookworm-updates, the file with its keys or ''."""

    uri: str
    suite: str
    keys: str = ""

    def line(self) -> str:
        """A line of sources.list for arm64, without translations and other indexes."""
        signed = f" signed-by={self.keys}" if self.keys else ""
        return f"deb [arch=arm64 target=Packages{signed}] {self.uri} {self.suite} main\n"


def codename(etc: Path = ETC) -> str:
    """The suite of the Debian that this machine runs, or '' if it is not Debian."""
    try:
        release = (etc / "os-release").read_text()
    except OSError:
        return ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.MULTILINE))
    return fields.get("VERSION_CODENAME", "") if fields.get("ID") == "debian" else ""


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if found := ONE_LINE.match(line.strip()):
            keys = re.search(r"signed-by=(/\S+)", found.group(1) or "")
            yield Source(found.group(2), found.group(3), keys.group(1) if keys else "")


def _deb822(text: str) -> Iterator[Source]:
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", text):
        pairs = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        fields = {name.lower(): value for name, value in pairs}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
            continue
        keys = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, keys if keys.startswith("/") else "")


def all_sources(etc: Path = ETC) -> list[Source]:
    """Every archive of binary packages that this machine's apt is configured for."""
    apt = etc / "apt"
    found: list[Source] = []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix == ".list":
            found += _one_line(path.read_text())
        elif path.is_file() and path.suffix == ".sources":
            found += _deb822(path.read_text())
    return found


def debian_sources(suite: str, mirror: str, etc: Path = ETC) -> list[Source]:
    """The archives to read `suite` from, or the machine's own suite if that is ''."""
    own = codename(etc)
    wanted = suite or own or FALLBACK_SUITE
    if mirror:
        return [Source(mirror, wanted, debian_keys())]
    if not own:
        raise GraderError("this system is not Debian: give MIRROR=, a mirror of Debian, or KERNEL= "
                          "and INITRD=, an arm64 Image and its initrd")
    found: list[Source] = []
    for source in all_sources(etc):
        base, dash, rest = source.suite.partition("-")
        if base in (own, *ALIASES):
            found.append(Source(source.uri, wanted + dash + rest, source.keys or debian_keys()))
    if not found:
        raise GraderError(f"apt's sources name no archive of {own}: give MIRROR=, a mirror of "
                          "Debian, or KERNEL= and INITRD=")
    return found


def debian_keys() -> str:
    """The file with the keys of Debian's archive, if its package is installed."""
    for name in ("debian-archive-keyring.pgp", "debian-archive-keyring.gpg"):
        if (KEYRINGS / name).exists():
            return str(KEYRINGS / name)
    return ""
