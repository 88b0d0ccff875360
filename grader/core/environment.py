# SPDX-License-Identifier: MIT
"""The environment of the tools, the same on every host.

Compilers, make, shells, gdb and QEMU all read variables that change what they do:
CPATH, GCC_EXEC_PREFIX, MAKEFLAGS, CDPATH, BASH_ENV, GUESTS, and many more. So only a
short list of variables is passed on.
"""

from __future__ import annotations

import os

# Where programs and their libraries are, where they may put files, and the kit's own
# variables that name tools (`make help`).
KEPT = ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "CROSS", "LLVM", "QEMU", "GDB", "PYTHON")


def clean(**more: str) -> dict[str, str]:
    """Return the environment for a tool. Its messages are in English."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "LC_ALL": "C", **more}
