# SPDX-License-Identifier: MIT
"""Why a command cannot do what it was asked for."""

from __future__ import annotations


class Complaint(Exception):
    """Why a command cannot answer. One line."""
