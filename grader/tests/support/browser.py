# SPDX-License-Identifier: MIT
"""A page in a browser without a window."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path

import pytest

from grader.core.process import Limits, Nursery

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIMITS = Limits(output_bytes=16 << 20, cpu_seconds=120, wall_seconds=300)
POLICY = "default-src 'none'; "


@lru_cache
def works(browser: str) -> bool:
    """Ubuntu has one that only says that it is a snap."""
    asked = [browser, "--version"]
    return bool(shutil.which(browser)) and Nursery().run(asked, LIMITS).status == 0


def browse(folder: Path, text: str, *options: str) -> str:
    """What the browser prints when it has shown a page."""
    browser = next(filter(works, BROWSERS), None)
    if not browser:
        pytest.skip("Chromium is missing: run ./setup.sh --dev")
    (folder / "page.html").write_text(text)
    flags = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    argv = [browser, *flags, f"--user-data-dir={folder / 'profile'}", *options]
    ended = Nursery().run([*argv, (folder / "page.html").as_uri()], LIMITS)
    assert (ended.status, ended.stop) == (0, None), ended.stderr.decode()
    return ended.stdout.decode()


# Reports where text leaves the picture or runs into other text.
MEASURE = """<script>
addEventListener("load", () => {
	const boxes = [...document.querySelectorAll("svg text")].map((t) => t.getBoundingClientRect());
	const picture = document.querySelector("svg").getBoundingClientRect();
	const out = boxes.filter((b) => b.left < picture.left || b.right > picture.right ||
		b.bottom > picture.bottom);
	const cross = (a, b) => a.left < b.right && b.left < a.right &&
		a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2;
	const crossing = boxes.filter((a, i) => boxes.some((b, j) => i < j && cross(a, b)));
	Object.assign(document.documentElement.dataset,
		{texts: boxes.length, out: out.length, crossing: crossing.length});
});
</script>"""
