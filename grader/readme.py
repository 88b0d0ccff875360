# SPDX-License-Identifier: MIT
"""Regenerates the parts of README.md that come from running the kit.

`python -m grader.readme` writes them; a test runs it and fails on a difference.
A part is everything between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parent.parent
README = KIT / "README.md"
# From the dump of the mailboxes on: before that the two guests take turns.
DEMO_TAIL = re.compile(r"^\[vm1\] memwalk_os: round 8.*", re.M | re.S)


def make(*arguments: str) -> str:
    done = subprocess.run(["make", "-s", *arguments], cwd=KIT, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    return done.stdout


def demo() -> str:
    match = DEMO_TAIL.search(make("demo"))
    assert match, "the demo did not end as expected"
    return "```\n" + match[0].rstrip() + "\n```"


def commands() -> str:
    rows = re.findall(r"^  (make \S+)\s+(.*)$", make("help"), re.M)
    lines = [f"| `{command}` | {what} |" for command, what in rows]
    return "\n".join(["| command | what it does |", "| --- | --- |", *lines])


def bench() -> str:
    make("bench")
    result = json.loads((KIT / "build/bench/bench.json").read_text())
    lines = ["| what | instructions | aim | bare minimum |",
             "| --- | ---: | ---: | ---: |"]
    for cost in result["costs"]:
        aim = f"< {cost['aim']}" if cost["aim"] else ""
        lines.append(f"| {cost['title']} | {cost['instructions']} | {aim} | "
                     f"{cost['bare'] or ''} |")
    lines.append(f"| reset to the first instruction of a guest | "
                 f"{result['boot']} | | |")
    sizes = ", ".join(f"{name} {size}" for name, size in result["sizes"].items())
    return "\n".join(lines) + f"\n\nImage, in bytes: {sizes}."


PARTS = {"demo": demo, "commands": commands, "bench": bench}


def regenerate(text: str) -> str:
    for name, part in PARTS.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(\n<!-- end {name} -->)",
                             re.S)
        assert pattern.search(text), f"README.md has no part {name}"
        text = pattern.sub(lambda m, p=part: m[1] + p() + m[2], text)
    return text


if __name__ == "__main__":
    README.write_text(regenerate(README.read_text()))
    sys.exit(0)
