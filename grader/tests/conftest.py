# SPDX-License-Identifier: MIT
"""What holds for every test, and the fixtures that several test modules use."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from grader.tests.support.build import cache_compilers
from grader.tests.support.commands import Commands, one_lab_kit


def pytest_configure(config: pytest.Config) -> None:
    """A shell starts a job in the background with SIGINT ignored, and children inherit that.

    The workers of pytest-xdist inherit what is set here before they start. Some run their tests
    in another thread than the main one, which is the only one that may set a handler.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cache_compilers()
    config.addinivalue_line("markers", "long: one more of a kind, for `make test LONG=1`")


# Files that take minutes start first: a worker runs whole files, and a long one at the end would
# leave the other worker without work.
FIRST = ("test_variants.py", "test_bench.py", "test_kit.py", "test_starters.py", "test_timeline.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST
               else len(FIRST))
    if os.environ.get("LONG") == "1":
        return
    more = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=more)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with one lab of two checks, whose stage is built once."""
    return one_lab_kit(tmp_path_factory.mktemp("command"))


@pytest.fixture
def commands(kit: Path, tmp_path: Path) -> Commands:
    """Runs the commands of that kit, which holds the reports of an earlier grading."""
    return Commands(kit, tmp_path)
