# SPDX-License-Identifier: MIT
"""Write compile_commands.json for clangd, from the output of `make -nB V=1`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path


def commands(lines: list[str], directory: Path) -> list[dict[str, object]]:
    """An entry for every compilation in the lines of a dry run of make."""
    found: list[dict[str, object]] = []
    for line in lines:
        if " -c " not in line or " -o " not in line:
            continue
        words = [word.replace("$PWD", str(directory)) for word in shlex.split(line)]
        found.append({
            "directory": str(directory),
            "file": words[words.index("-c") + 1],
            "arguments": words,
        })
    return found


def main() -> int:
    entries = commands(sys.stdin.read().splitlines(), Path.cwd())
    if not entries:
        print("compile_commands: make would compile nothing", file=sys.stderr)
        return 1
    Path("compile_commands.json").write_text(json.dumps(entries, indent=1) + "\n")
    print(f"compile_commands.json: {len(entries)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
