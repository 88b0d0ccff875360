# SPDX-License-Identifier: MIT
"""make bench LAB=beyond: what exits of a VM cost, in instructions, next to other hypervisors.

The guest beyond/guests/costs/ times loops with QEMU's -icount shift=0, where an instruction is a
nanosecond. The same loops were run under Bao, Xen and KVM, on QEMU too.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.scratch_folder import scratch
from ..qemu.boot import machine_flags
from ..vms.description import Word
from ..vms.run import Files, described, options_for
from .conformance import SECONDS, of_the_vm, transcript
from .stage import aligned

LINE = re.compile(r"^\[cost\] ([^:]+): (\d+)$", re.MULTILINE)
MORE_ON_FOUR = 1.1  # an exit may be at most so much dearer on four cores


@dataclass(frozen=True)
class Row:
    """A cost: its name in the guest's lines, its title, the aim, and what others take."""

    name: str
    title: str
    aim: int | None = None
    others: str = ""  # Bao, Xen 4.17, KVM with VHE and without (Linux 6.1)


ROWS = (
    Row("hvc", "HVC, PSCI_VERSION", 110, "Bao 189, Xen 474, KVM 1054 and 1533"),
    Row("id register", "ID register read", 150, "Xen 412, KVM 1471 and 1946"),
    Row("gicd_typer", "GICD_TYPER read", 170, "Bao 225, Xen 601, KVM 1812 and 2258"),
    Row("gicd_iidr", "GICD_IIDR read", 170),
    Row("gicd_isenabler", "GICD_ISENABLER write, 32 interrupts", 300,
        "Bao 3562, KVM 1819 and 2268"),
    Row("gicd_ipriorityr", "GICD_IPRIORITYR write, 4 interrupts", 250,
        "Bao 690, KVM 2160 and 2608"),
    Row("gicd_ispendr read", "GICD_ISPENDR read"),
    Row("uart read", "UART read, emulated"),
    Row("uart write", "UART write, emulated"),
    Row("cntp_ctl", "CNTP_CTL_EL0 read, emulated"),
    Row("sgi to oneself", "SGI to oneself, to its end"),
)
SWITCH = Row("two switches", "vCPU switch, call and scheduler included", 330,
             "KVM at most 993 and 1468")


def costs(image: Path, guest: Path, vcpus: int, cores: int) -> dict[str, int]:
    """Boot the guest in a VM; what each of its lines says."""
    with scratch() as place:
        folder = Path(place)
        word = Word("conformance", {"vcpus": str(vcpus), "kernel": str(guest)})
        vm = described(word, "conformance", Files(folder, folder), folder)
        flags = machine_flags()
        flags[flags.index("-icount") + 1] = "shift=0,sleep=off"
        options = options_for([vm], cores, 0, folder, base=flags)
        text = transcript([*flags, "-kernel", str(image), *options], SECONDS)
    found = {name: int(count) for name, count in LINE.findall(of_the_vm(text))}
    if not found:
        words = text.strip().splitlines() or ["nothing"]
        raise GraderError(f"the guest printed no cost; the last line: {words[-1]}")
    return found


def verdict(row: Row, one: int, four: int) -> str:
    """How a cost compares with its aim, and with four cores; empty if all is right."""
    words = [f"aim missed by {one - row.aim}"] if row.aim and one > row.aim else []
    if four > one * MORE_ON_FOUR:
        words.append("too dear on four cores")
    return ", ".join(words)


def table(one: dict[str, int], four: dict[str, int], switch: int) -> list[list[str]]:
    rows = [["what an exit costs", "1 core", "4 cores", "aim", "", "others"]]
    for row in ROWS:
        here, there = one[row.name], four[row.name]
        rows.append([row.title, str(here), str(there), str(row.aim or ""),
                     verdict(row, here, there), row.others])
    rows.append([SWITCH.title, str(switch), "", str(SWITCH.aim), verdict(SWITCH, switch, switch),
                 SWITCH.others])
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench LAB=beyond")
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--guest", type=Path, required=True)
    options = parser.parse_args()
    one = costs(options.image, options.guest, 1, 1)
    four = costs(options.image, options.guest, 4, 4)
    both = costs(options.image, options.guest, 2, 1)
    for line in aligned(table(one, four, both[SWITCH.name] // 2)):
        print(line)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GraderError as error:
        sys.exit(f"bench: {error}")
