# SPDX-License-Identifier: MIT
"""The `hyp` commands, for gdb."""
