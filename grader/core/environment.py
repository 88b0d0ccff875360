# SPDX-License-Identifier: MIT
"""The environment of the tools: the same for everybody who grades.

Compilers, make, shells, gdb and QEMU all read variables that change what they do:
CPATH, GCC_EXEC_PREFIX, MAKEFLAGS, CDPATH, BASH_ENV, GUESTS, and many more. So what is
handed on is a short list, and not all but a list of bad ones.
"""

from __future__ import annotations

import os

# Where programs and their libraries are, where they may put files, and the kit's own
# variables that name tools (`make help`).
KEPT = ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "CROSS", "LLVM", "QEMU", "GDB", "PYTHON")


def clean(**more: str) -> dict[str, str]:
    """What a tool is started with. Its words are English, whatever the user's are."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "LC_ALL": "C", **more}
