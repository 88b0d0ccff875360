# SPDX-License-Identifier: MIT
"""The cost of an exit: EL2's instructions between two of a guest, by component.

Two copies of the guest bench_calls run in QEMU's one-instruction-per-block mode, which logs every
executed instruction. The count is exact, and the same on every machine with the same compiler.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.process import Limits, Nursery
from ..core.sanitize import short
from ..core.scratch_folder import scratch
from ..grading.build import build_stage
from ..model.elf import symbols
from ..model.guest_programs import guest_elf
from ..model.layout import layout_of
from ..qemu.boot import boot, qemu
from ..qemu.instruction_log import executed, one_insn_per_block
from .components import COMPONENTS, EL1, ENTRY, FP, GIC, KEYS, STAGE_2, TIMERS, component, sources
from .stage import Stage, unfinished

# Small slots, because their wiping is not measured here.
VARIABLES = ("GUESTS=bench_calls bench_calls", "SLOT_PAGES=64")
# An instruction is a nanosecond, so no slice ends in the middle of a measurement.
CLOCK = ("-icount", "shift=0,sleep=off")
LIMITS = Limits(cpu_seconds=2)  # twenty times what a boot needs
VECTOR_IRQ = 0x280  # Arm ARM D1.3.1, "Exception vectors": IRQ at EL1, from EL1


@dataclass(frozen=True)
class Row:
    """An exit to count.

    `label` is the guest's instruction that traps; without it, the exit is the interrupt that ends
    at the guest's vector. `bare` is the bare minimum, `aim` the limit to stay below. With `only`,
    only these components count.
    """

    name: str
    title: str
    label: str
    bare: int
    aim: int | None = None
    only: tuple[str, ...] = ()


# The components that move state in a switch, without the scheduler.
STATE = (ENTRY, EL1, FP, KEYS, GIC, TIMERS, STAGE_2)

ROWS = (
    Row("HVC", "HVC round trip (PSCI_VERSION)", "bench_hvc", 49, 86),
    Row("SMC", "SMC round trip (PSCI_VERSION)", "bench_smc", 49),
    Row("MRS", "ID register read, emulated", "bench_sysreg", 49),
    Row("UNDEF", "unknown register read, UNDEFINED injected", "bench_undefined", 49),
    Row("UART w", "UART write, emulated", "bench_uart_write", 49, 142),
    Row("UART r", "UART read, emulated", "bench_uart_read", 49),
    Row("yield", "yield: hypercall, scheduler, vCPU switch", "bench_switch", 210, 290),
    Row("switch", "of it the switch: exit, all state, entry", "bench_switch", 210, 240, STATE),
    Row("timer", "timer interrupt to the guest's vector", "", 49, 300),
)


@dataclass(frozen=True)
class Cost:
    """The instructions of an exit, including the guest's instruction that traps."""

    row: Row
    instructions: int
    functions: Mapping[tuple[str, str], int]  # by component and function

    @property
    def parts(self) -> dict[str, int]:
        """Instructions by component, in the order of COMPONENTS."""
        found: Counter[str] = Counter()
        for (name, _), count in self.functions.items():
            found[name] += count
        return {name: found[name] for name in COMPONENTS if found[name]}

    @property
    def misses_aim(self) -> bool:
        return self.row.aim is not None and self.instructions >= self.row.aim

    def above(self, other: Cost) -> float:
        """By how many percent it costs more than another."""
        return 100 * (self.instructions / other.instructions - 1)


@dataclass(frozen=True)
class Measured:
    """A tree's costs; `boot` is the number of instructions from reset to a guest."""

    name: str
    stage: Stage
    costs: Sequence[Cost]
    boot: int
    compiler: str


def compiler_of(image: Path) -> str:
    """As DWARF has it (DW_AT_producer): GCC names its version and options, clang no options."""
    text = image.read_bytes()
    match = re.search(rb"GNU C11 ([\d.]+)[^\0]* (-O\w)\b", text)
    if match:
        return f"GCC {match[1].decode()} {match[2].decode()}"
    match = re.search(rb"clang version ([\d.]+)", text)
    return f"clang {match[1].decode()}" if match else "an unknown compiler"


def build(solved: int, directory: Path, nursery: Nursery) -> Stage:
    """Stage 6 with the guests that are measured, next to the usual one."""
    built = build_stage(6, solved, directory, VARIABLES, nursery, "bench")
    if built.error:
        raise GraderError(f"it does not build: {built.error}")
    return Stage(built.image)


def run(image: Path, nursery: Nursery) -> str:
    """QEMU's log of a boot that is known to end: several hundred thousand lines."""
    with scratch() as folder:
        log = Path(folder) / "log"
        options = [*CLOCK, *one_insn_per_block(qemu()), "-d", "exec,nochain", "-D", str(log)]
        boot(image, options, nursery)
        return log.read_text("ascii", "replace")


def measure(name: str, stage: Stage, nursery: Nursery) -> Measured:
    """Measure a stage; GraderError with a line if it cannot be measured."""
    usual = boot(stage.image, CLOCK, nursery, LIMITS)
    why_not = unfinished(usual, stage.image)
    if why_not:
        raise GraderError(why_not)
    window = layout_of(stage.image).slot(0).start
    before, rest = divided(run(stage.image, nursery), window)
    guest = symbols(guest_elf(stage.image, 0, "bench_calls").read_bytes())
    found = stays(executed(rest), window)
    chosen = {row: stay[1] for row in ROWS if (stay := choose(row, found, guest))}
    missing = next((row.title for row in ROWS if row not in chosen), "")
    if missing:
        stopped = re.search(r"^\[trap\] .*", usual.text, re.MULTILINE)
        raise GraderError(f"'{missing}' did not happen: {short(stopped[0]) if stopped else usual}")
    compiler = compiler_of(stage.image)
    pcs = sorted({pc for inside in chosen.values() for pc in inside})
    places = sources(stage.image, pcs, compiler.startswith("clang"), nursery)
    owners = {pc: component(places[pc]) for pc in pcs}
    costs = [_cost(row, inside, owners) for row, inside in chosen.items()]
    return Measured(name, stage, costs, len(executed(before)), compiler)


def divided(log: str, window: int) -> tuple[str, str]:
    """Split the log before the first instruction of a guest."""
    at = log.rfind("\n", 0, max(0, log.find(f"/{window:016x}/"))) + 1
    return log[:at], log[at:]


Stay = tuple[int, Sequence[int], int]


def stays(pcs: Sequence[int], window: int) -> list[Stay]:
    """Every stay in EL2: the guest's last instruction, EL2's instructions, the guest's next one."""
    in_guest = [at for at, pc in enumerate(pcs) if pc >= window]
    return [
        (pcs[first], pcs[first + 1 : after], pcs[after])
        for first, after in zip(in_guest, in_guest[1:])
        if after > first + 1
    ]


def choose(row: Row, found: Sequence[Stay], guest: Mapping[str, int]) -> Stay | None:
    """The third of four: all is warm, and the loop does not end there."""
    if row.label:  # of the first guest; the other one has another address
        those = [stay for stay in found if stay[0] == guest[row.label]]
    else:
        those = [stay for stay in found if stay[2] == guest["vectors"] + VECTOR_IRQ]
    return those[min(2, len(those) - 1)] if those else None


def _cost(row: Row, inside: Sequence[int], owners: Mapping[int, tuple[str, str]]) -> Cost:
    functions = Counter(owners[pc] for pc in inside)
    if row.label:
        functions[ENTRY, "(the guest's)"] += 1
    counted = {it: n for it, n in functions.most_common() if not row.only or it[0] in row.only}
    return Cost(row, sum(counted.values()), counted)
