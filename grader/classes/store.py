# SPDX-License-Identifier: MIT
"""The results of a class: a JSON file for each, named by its key, written completely or not at all.

A grading that was killed leaves no half result, and the next one continues after the last.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from ..core import atomic_write
from ..core.kit import GraderError
from .job import SCHEMA, Record


class Store:
    """The results in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def get(self, key: str) -> Optional[Record]:
        """Return a result, or None if it is not there or damaged."""
        try:
            found = json.loads(self.path(key).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None

    def put(self, record: Record) -> None:
        """Write a result. Raise GraderError if there is no room."""
        text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True)
        try:
            atomic_write.write(self.path(record["key"]), text + "\n")
        except OSError as error:
            raise GraderError(f"{error.strerror}: {error.filename}") from None
