# SPDX-License-Identifier: MIT
"""What holds for every test."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """A shell starts a job in the background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
