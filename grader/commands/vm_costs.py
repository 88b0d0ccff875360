# SPDX-License-Identifier: MIT
"""make bench LAB=beyond: what exits of a VM cost, in instructions, next to other hypervisors.

The guest beyond/guests/costs/ times loops with QEMU's -icount shift=0, where an instruction is a
nanosecond; the same loops were run under Bao, Xen and KVM, on QEMU too. What a loop cannot time,
because another core would be timed as well or because an interrupt has no loop, is run instruction
by instruction (vm_steps.py). So are all of them to see in which chapter of beyond/ they execute.

The budget, vm_budget.json, is the least that each has ever cost. It may grow by at most 5%, with
the compiler that it is for. --lower writes it, and raises none.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.scratch_folder import scratch
from ..qemu.boot import machine_flags
from ..vms.description import Word
from ..vms.run import Files, described, options_for
from .budget import COMPILER, GROWTH, OPTIMISED, holds_for
from .conformance import SECONDS, of_the_vm, transcript
from .costs import compiler_of
from .stage import aligned, command
from .vm_steps import Exit, by_chapter, by_function, exits

LINE = re.compile(r"^\[cost\] ([^:]+): (\d+)$", re.MULTILINE)
MORE_ON_FOUR = 1.1  # an exit may be at most so much dearer on four cores
BUDGET = Path(__file__).with_name("vm_budget.json")
SWITCH = "two switches"


@dataclass(frozen=True)
class Row:
    """A cost: its name in the guest's lines, its title, the aim, and what others take."""

    name: str
    title: str
    aim: int | None = None
    others: str = ""  # Bao, Xen 4.17, KVM with VHE and without (Linux 6.1)
    steps: bool = False  # counted instruction by instruction


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
    Row(SWITCH, "vCPU switch, call and scheduler included", 330, "KVM at most 993 and 1468"),
    Row("sgi to another", "SGI to a vCPU that sleeps on another core, send side", 600, steps=True),
    Row("cpu on", "CPU_ON of a vCPU on another core, caller's side", steps=True),
    Row("timer", "timer interrupt, until the guest takes it", steps=True),
)


class Machine:
    """QEMU's command line for the guest `costs` in a VM; its bundle is in `folder`."""

    def __init__(self, image: Path, guest: Path, vcpus: int, cores: int, folder: Path) -> None:
        word = Word("conformance", {"vcpus": str(vcpus), "kernel": str(guest)})
        vm = described(word, "conformance", Files(folder, folder), folder)
        self.flags = machine_flags()
        self.flags[self.flags.index("-icount") + 1] = "shift=0,sleep=off"
        options = options_for([vm], cores, 0, folder, base=self.flags)
        self.argv = [*self.flags, "-kernel", str(image), *options]


def costs(image: Path, guest: Path, vcpus: int, cores: int) -> dict[str, int]:
    """Boot the guest in a VM; what each of its lines says."""
    with scratch() as place:
        text = transcript(Machine(image, guest, vcpus, cores, Path(place)).argv, SECONDS)
    found = {name: int(count) for name, count in LINE.findall(of_the_vm(text))}
    if not found:
        words = text.strip().splitlines() or ["nothing"]
        raise GraderError(f"the guest printed no cost; the last line: {words[-1]}")
    return found


def stepped(image: Path, guest: Path) -> dict[str, Exit]:
    """Exits instruction by instruction, of two vCPUs: on two cores, for the switch on one."""
    others = {row.name for row in ROWS} - {SWITCH}
    found: dict[str, Exit] = {}
    for cores, names in ((2, others), (1, {SWITCH})):
        with scratch() as place:
            folder = Path(place)
            # With sleep=off each stop would let time jump to the next timer.
            argv = [*Machine(image, guest, 2, cores, folder).argv, "-icount", "shift=0,sleep=on"]
            found |= exits(argv, image, guest, folder, names)
    return found


@dataclass(frozen=True)
class Measured:
    """All costs by name: on one core, on four, and by single steps."""

    one: Mapping[str, int]
    four: Mapping[str, int]
    steps: Mapping[str, Exit]

    def cost(self, row: Row) -> int:
        return len(self.steps[row.name].pcs) if row.steps else self.one[row.name]


def measure(image: Path, guest: Path) -> Measured:
    one = costs(image, guest, 1, 1)
    one[SWITCH] = costs(image, guest, 2, 1).get(SWITCH, 0) // 2  # both vCPUs on one core
    found = Measured(one, costs(image, guest, 4, 4), stepped(image, guest))
    for row in ROWS:
        if row.name not in (found.steps if row.steps else found.one):
            raise GraderError(f"'{row.title}' did not happen")
    return found


def verdict(row: Row, one: int, four: int) -> str:
    """How a cost compares with its aim, and with four cores; empty if all is right."""
    words = [f"aim missed by {one - row.aim}"] if row.aim and one > row.aim else []
    if four > one * MORE_ON_FOUR:
        words.append("too dear on four cores")
    return ", ".join(words)


def table(found: Measured) -> list[list[str]]:
    rows = [["what an exit costs", "1 core", "4 cores", "aim", "", "others"]]
    for row in ROWS:
        here = found.cost(row)
        alone = row.steps or row.name == SWITCH  # there is no loop of it on four cores
        there = here if alone else found.four[row.name]
        rows.append([row.title, str(here), "" if alone else str(there), str(row.aim or ""),
                     verdict(row, here, there), row.others])
    return rows


def budget() -> dict[str, int]:
    """Instructions by a row's name."""
    try:
        return json.loads(BUDGET.read_text())
    except (OSError, ValueError) as error:
        raise GraderError(f"{BUDGET.name}: {error}") from None


def exceeded(found: Measured, least: Mapping[str, int]) -> Iterator[str]:
    """A line for each cost over its budget; a new cost has no budget yet."""
    for row in ROWS:
        limit = least.get(row.name, found.cost(row))
        if 100 * found.cost(row) > (100 + GROWTH) * limit:
            yield (f"{row.title}: {found.cost(row)} instructions, over {GROWTH}% more than the "
                   f"{limit} of {BUDGET.name}")


def lowered(found: Measured, least: Mapping[str, int]) -> str:
    kept = {row.name: min(found.cost(row), least.get(row.name, found.cost(row))) for row in ROWS}
    return json.dumps(kept, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench LAB=beyond")
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--guest", type=Path, required=True)
    parser.add_argument("--functions", action="store_true")
    parser.add_argument("--lower", action="store_true", help="the budget, to these costs")
    options = parser.parse_args(arguments)
    found = measure(options.image, options.guest)
    least = budget()
    titles = {row.name: row.title for row in ROWS}
    print(*aligned(table(found)), "", *aligned(by_chapter(found.steps, titles)), sep="\n")
    if options.functions:
        print("", *aligned(by_function(found.steps, titles)), sep="\n")
    compiler = compiler_of(options.image)
    if not holds_for(compiler):
        print(f"bench: the budget is for {COMPILER}x{OPTIMISED}, so it is not checked",
              file=sys.stderr)
        return 0
    if options.lower:
        BUDGET.write_text(lowered(found, least))
    late = list(exceeded(found, least))
    for line in late:
        print(f"bench: {line}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(command("bench", main))
