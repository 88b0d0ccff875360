# SPDX-License-Identifier: MIT
"""What the checks of all open tasks have in common."""

from __future__ import annotations

from dataclasses import replace

from .check import Check

# QEMU counts 8 ns for an instruction (common/make/qemu.args), and CNTFRQ_EL0 is 62.5 MHz.
INSTRUCTIONS_PER_TICK = 2


def extra(check: Check, needs: str = "") -> Check:
    """A check of an open task."""
    return replace(check, section="open-task", extra=True, needs=needs)
