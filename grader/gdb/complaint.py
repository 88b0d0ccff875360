# SPDX-License-Identifier: MIT
"""The error of a command that cannot do its work."""

from __future__ import annotations


class Complaint(Exception):
    """The reason why a command fails, in one line."""
