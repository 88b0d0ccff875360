# SPDX-License-Identifier: MIT
"""Run git in a folder. An error is one line for the user."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from .kit import GraderError
from .sanitize import escaped

# Where a caller's own git, such as a hook, has pointed it.
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


class GitError(GraderError):
    """git has failed."""


class Git:
    """git in one folder: call it with the arguments, and it returns what git prints."""

    def __init__(self, folder: Path, environment: Optional[Mapping[str, str]] = None) -> None:
        self.folder = folder
        self.environment = environment or {
            name: value for name, value in os.environ.items() if name not in ELSEWHERE}

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return the bytes that git prints."""
        try:
            done = subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment,
                                  input=given, check=False, capture_output=True)
        except FileNotFoundError:
            raise GitError("git is missing: install it with your system's package manager"
                           ) from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
            raise GitError(f"git {arguments[0]}: {escaped(said[-1])}")
        return done.stdout

    def __call__(self, *arguments: str, given: str = "") -> str:
        data = self.run(*arguments, given=given.encode("utf-8", "surrogateescape"))
        return data.decode("utf-8", "surrogateescape").rstrip("\n")

    def maybe(self, *arguments: str) -> str:
        """Return what git prints, or nothing if it fails."""
        try:
            return self(*arguments)
        except GitError:
            return ""

    def need_name(self) -> None:
        """Raise GitError if git does not know who commits."""
        if not self.maybe("var", "GIT_COMMITTER_IDENT"):
            raise GitError("git does not know your name: git config --global user.name 'Your Name'"
                           " and git config --global user.email you@example.org")
