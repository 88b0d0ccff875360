# SPDX-License-Identifier: MIT
"""The tasks of each lab, and the headings of a document."""

from __future__ import annotations

import re

from grader.core import starters
from grader.core.kit import KIT

LABS = range(1, 7)
TASKS = {lab: sorted({hole.task
                      for path in (KIT / "solutions").rglob("*.[chS]")
                      for hole in starters.cut(path.read_text(),
                                               path.relative_to(KIT / "solutions"))[1]
                      if hole.task.startswith(f"lab{lab:02d}.")})
         for lab in LABS}


def anchors(text: str) -> set[str]:
    """GitHub's anchors of a document's headings."""
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", prose, re.M)}
