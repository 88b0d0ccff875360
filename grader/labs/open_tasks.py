# SPDX-License-Identifier: MIT
"""What the checks of all open tasks have in common."""

from __future__ import annotations

from dataclasses import replace

from .check import Check


def extra(check: Check, needs: str = "") -> Check:
    """A check of an open task."""
    return replace(check, section="open-task", extra=True, needs=needs)
