# SPDX-License-Identifier: MIT
"""The memory map of the guests: guest_layout.h with the sizes that the image was built for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..core.kit import KIT

PAGE = 4096
BLOCK = 2 << 20
HEADER = KIT / "common/include/guest_layout.h"
DEFINE = re.compile(r"^#define\s+(\w+)\s+(?:U64\()?(0x[0-9a-f]+|\d+)\)?(?=\s|$)", re.M)
OPTION = re.compile(r"(CONFIG_\w+)=(\d+)")
DEFAULT = re.compile(r"call option,(\w+),(\d+),")  # of options.mk


def numbers(path: Path) -> dict[str, int]:
    """Return the macros of a header that are plain numbers."""
    return {name: int(value, 0) for name, value in DEFINE.findall(path.read_text())}


@lru_cache(maxsize=None)
def header() -> dict[str, int]:
    return numbers(HEADER)


@dataclass(frozen=True)
class Range:
    """Addresses from `start` to before `end`, and a name."""

    name: str
    start: int
    end: int

    def __contains__(self, address: int) -> bool:
        return self.start <= address < self.end

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def pages(self) -> int:
        return self.size // PAGE

    @property
    def blocks(self) -> int:
        """How many 2 MiB blocks fit into the region."""
        first, last = -(-self.start // BLOCK), self.end // BLOCK
        return max(0, last - first)


@dataclass(frozen=True)
class Layout:
    """Where the memory of VM 0, 1, 2, ... is. IPA and PA are equal in the six labs."""

    slot_pages: int
    guard_pages: int

    def slot(self, vm: int) -> Range:
        size = self.slot_pages * PAGE
        start = header()["GUEST_WINDOW_BASE"] + vm * (size + self.guard_pages * PAGE)
        return Range(f"the slot of VM {vm}", start, start + size)

    def guard(self, vm: int) -> Range:
        """The guard after the slot of a VM."""
        end = self.slot(vm).end
        return Range(f"the guard behind the slot of VM {vm}", end, end + self.guard_pages * PAGE)

    def mailbox(self, vm: int) -> Range:
        start = header()["MAILBOX_BASE"] + vm * 2 * PAGE
        return Range(f"the mailbox of VM {vm}", start, start + PAGE)

    def heap(self, vm: int) -> Range:
        end = self.slot(vm).end
        return Range(f"the heap of VM {vm}", end - header()["WORK_SIZE"], end)

    def of_vm(self, vm: int) -> list[Range]:
        """All memory of a VM, as stage 2 should map it."""
        return [self.mailbox(vm), self.slot(vm)]

    def whose(self, address: int) -> str:
        """Describe what is at an address."""
        for vm in range(header()["VM_MAX"]):
            for region in (self.mailbox(vm), self.slot(vm), self.guard(vm)):
                if address in region:
                    return region.name
        if 0x4000_0000 <= address < header()["HYP_IMAGE_LIMIT"]:
            return "EL2's own memory"
        return "memory that is no VM's" if address >= 0x4000_0000 else "a device"


def options_of(image: Path) -> dict[str, int]:
    """Return the build options of an image. make writes them to the file `parts` next to it."""
    parts = (image.parent / "parts").read_text()
    return {name: int(value) for name, value in OPTION.findall(parts)}


def layout_of(image: Path) -> Layout:
    options = options_of(image)
    return Layout(options["CONFIG_SLOT_PAGES"], options["CONFIG_GUARD_PAGES"])


@lru_cache(maxsize=None)
def default_layout() -> Layout:
    """Return the layout of a stage built without options."""
    options = dict(DEFAULT.findall((KIT / "common/make/options.mk").read_text()))
    return Layout(int(options["SLOT_PAGES"]), int(options["GUARD_PAGES"]))
