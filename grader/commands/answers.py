# SPDX-License-Identifier: MIT
"""make answers LAB=n: the answers to a lab's questions, from solutions/labNN.md.

They are shown once all checks of the lab have passed in a grading. --force is for instructors, who
have the solutions anyway. In a kit without them, the file answers-labNN.md is shown, which the
instructor publishes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
NOTES = KIT / "solutions/README.md"
# The labs that were complete in a grading, by report/json_report.py.
COMPLETE = KIT / "build/grade/complete.json"


def passed(lab: int, complete: Path) -> bool:
    """True if this lab was complete in a grading without its solution."""
    return complete.exists() and lab in json.loads(complete.read_text())


def answers(lab: int, folder: Path = NOTES.parent) -> str:
    """Return the answers of a lab's page in the instructor's guide."""
    page = folder / f"lab{lab:02}.md"
    text = page.read_text() if page.exists() else ""
    match = re.search(r"^## Answers\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    return match[1].strip() if match else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make answers", description=__doc__)
    parser.add_argument("lab", type=int)
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    if not NOTES.exists():
        published = KIT / f"answers-lab{options.lab:02}.md"
        if published.exists():
            print(published.read_text().strip())
            return 0
        print(f"answers: they are in this kit once your instructor gives you {published.name},"
              " to put at its top", file=sys.stderr)
        return 1
    if not options.force and not passed(options.lab, COMPLETE):
        print(f"answers: they are shown once all checks of lab {options.lab} pass: "
              f"make grade LAB={options.lab}", file=sys.stderr)
        return 1
    text = answers(options.lab)
    if not text:
        print(f"answers: there are no answers for lab {options.lab}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
