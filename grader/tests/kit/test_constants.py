# SPDX-License-Identifier: MIT
"""Constants live in headers: with others a whole grading still gives full marks.

Text that quotes one is checked against the header.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.model.layout import default_layout, header, numbers

INCLUDE = "common/include"
CHANGES = {
    "mailbox magic": ("mailbox.h", {"MAILBOX_MAGIC": "0x1122334455667788"}),
    "HVC numbers": ("hypercall.h", {"HVC_TASK_REPORT": "0x170", "HVC_YIELD": "0x5f",
                                    "HVC_VIRTUAL_TIME": "0x2062"}),
    "window base": ("guest_layout.h", {"GUEST_WINDOW_BASE": "0x42000000"}),
    "mailbox base": ("guest_layout.h", {"MAILBOX_BASE": "0x40c00000",
                                        "HYP_IMAGE_LIMIT": "0x40c00000"}),
}
HVC = re.compile(r"\bhvc #?(0x[0-9a-f]+)", re.IGNORECASE)
NO_SERVICE = 0x1234  # the self-test's own example
ADDRESS = re.compile(r"\b0x4[0-9a-f]{3}_?[0-9a-f]{4}\b")
# Where text quotes an address of the guests' window, in a form that no run writes.
QUOTES = {
    "GUEST_WINDOW_BASE": ("common/include/guest_layout.h", "docs/layout.md"),
    "HYP_IMAGE_LIMIT": ("common/hyp.ld",),
    "MAILBOX_BASE": ("common/include/guest_layout.h", "docs/layout.md"),
}


def with_constants(path: Path, values: dict[str, str]) -> None:
    text = path.read_text()
    for name, value in values.items():
        old = rf"(#define\s+{name}\s+(?:U64\()?)0x[0-9a-f]+"
        text, count = re.subn(old, rf"\g<1>{value}", text)
        assert count == 1, name
    path.write_text(text)


@pytest.mark.parametrize("what", CHANGES)
def test_another_value_in_the_header_gives_full_marks(tmp_path: Path, what: str) -> None:
    kit = copy_of_the_kit(tmp_path)
    name, values = CHANGES[what]
    with_constants(kit / INCLUDE / name, values)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    done = subprocess.run([sys.executable, "-m", "grader", "--solved", "6"], cwd=kit, env=env,
                          capture_output=True, text=True)
    report = json.loads((kit / "build/grade/report.json").read_text())
    lost = [check["id"] for lab in report["labs"] for check in lab["checks"]
            if check["result"] != "passed"]
    assert (report["total"], lost) == (600, []), done.stdout[:2000]


def documents() -> list[Path]:
    return [*KIT.glob("lab0*/README.md"), *KIT.glob("docs/*.md"), *KIT.glob("lab0*/**/*.h"),
            *KIT.glob("common/include/*.h")]


def test_each_hvc_that_a_text_quotes_has_the_number_in_the_header() -> None:
    services = {number for name, number in numbers(KIT / INCLUDE / "hypercall.h").items()
                if name.startswith("HVC_")}
    quoted = {(path.name, match[0]) for path in documents()
              for match in HVC.finditer(path.read_text())
              if int(match[1], 16) not in services | {NO_SERVICE}}
    assert quoted == set()


@pytest.mark.parametrize("name", QUOTES)
def test_each_address_that_a_text_quotes_is_that_of_the_header(name: str) -> None:
    value = header()[name]
    for file in QUOTES[name]:
        text = (KIT / file).read_text()
        comments = re.sub(r"^#define.*$", "", text, flags=re.M)
        assert value in {int(a.replace("_", ""), 16) for a in ADDRESS.findall(comments)}, file


def test_the_default_layout_is_that_of_make() -> None:
    done = subprocess.run(["make", "-s", "-f", "-", "print"], cwd=KIT, text=True, check=True,
                          input="include common/make/options.mk\nprint:; @echo "
                                "$(SLOT_PAGES) $(GUARD_PAGES)\n", capture_output=True)
    layout = default_layout()
    assert done.stdout.split() == [str(layout.slot_pages), str(layout.guard_pages)]
