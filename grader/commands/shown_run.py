# SPDX-License-Identifier: MIT
"""Run a command whose output is a student's, and print it safe for a terminal.

A stage may print anything, such as the codes that move a terminal's cursor or set its title.
"""

from __future__ import annotations

import os
import subprocess
import sys

from ..core.sanitize import escaped

PIPE = 1 << 16


def printed(data: bytes) -> str:
    """Return output as text, with plain line ends."""
    return escaped(data.decode("utf-8", "backslashreplace").replace("\r\n", "\n"))


def main(argv: list[str]) -> int:
    """Return the command's status. Print whole lines, and what is left after a pause."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout
        try:
            while data := os.read(child.stdout.fileno(), PIPE):
                sys.stdout.write(printed(data))
                sys.stdout.flush()
        except KeyboardInterrupt:  # the command has it too, and ends
            child.wait()
        except BrokenPipeError:
            child.terminate()
            sys.stderr.close()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
