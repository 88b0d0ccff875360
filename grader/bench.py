# SPDX-License-Identifier: MIT
"""make bench: what the hypervisor costs, in instructions.

Stage 6 is booted with two copies of the guest bench_calls under QEMU's
one-instruction-per-block mode, whose execution log names every instruction that
was executed. Between two instructions of a guest stand those of EL2: counting
them is exact, and the same on every machine that has the same compiler.
"""

from __future__ import annotations

import argparse
import bisect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

KIT = Path(__file__).resolve().parent.parent
QEMU = os.environ.get("QEMU", "qemu-system-aarch64")
# Small slots: wiping them is not what is measured here.
BENCH_CONFIG = ("GUESTS=bench_calls bench_calls", "SLOT_PAGES=64")

# Title, label in the guest, aim and bare minimum (None: none is stated).
ROWS = [
    ("HVC round trip (PSCI_VERSION)", "bench_hvc", 120, 49),
    ("ID register read, emulated", "bench_sysreg", None, 49),
    ("UART write, emulated", "bench_uart_write", 200, 49),
    ("UART read, emulated", "bench_uart_read", None, 49),
    ("vCPU switch, all state, scheduler included", "bench_switch", 300, 210),
    ("timer interrupt to the guest's vector", None, None, 49),
]


class BenchError(Exception):
    """One line for the user."""


@dataclass
class Cost:
    """The instructions of one exit, the guest's trapping one included."""

    title: str
    instructions: int
    aim: int | None
    bare: int | None
    functions: dict[str, int] = field(default_factory=dict)


class Symbols:
    """Function names by address, from an ELF's symbol table."""

    def __init__(self, elf: Path) -> None:
        # readelf comes with every cross compiler's binutils; names are equal.
        tool = os.environ.get("CROSS", "") + "nm"
        out = subprocess.run([tool, "-n", str(elf)], capture_output=True,
                             text=True, check=False)
        if out.returncode:
            raise BenchError(f"bench: {tool} cannot read {elf}")
        pairs = [line.split() for line in out.stdout.splitlines()]
        self.all = [(int(p[0], 16), p[2]) for p in pairs if len(p) == 3]
        self.by_name = {name: address for address, name in self.all}
        self.addresses = [address for address, _ in self.all]

    def function_at(self, pc: int) -> str:
        return self.all[bisect.bisect_right(self.addresses, pc) - 1][1]


def build(directory: Path, *variables: str) -> Path:
    command = ["make", "-s", "build", "LAB=6", f"BUILD={directory}", *variables]
    if not any(v.startswith("SOLVED=") for v in variables):
        command.append(f"SOLVED={os.environ.get('SOLVED', '6')}")
    done = subprocess.run(command, cwd=KIT, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise BenchError("bench: the build failed:\n" + done.stderr.strip())
    return next(directory.glob("lab06*/hyp.elf"))


def one_insn_per_block() -> list[str]:
    """The option was called -singlestep before QEMU 8.1."""
    version = subprocess.run([QEMU, "--version"], capture_output=True,
                             text=True, check=False).stdout
    match = re.search(r"version (\d+)\.(\d+)", version)
    if not match:
        raise BenchError(f"bench: {QEMU} does not say which version it is")
    if (int(match[1]), int(match[2])) < (8, 1):
        return ["-singlestep"]
    return ["-accel", "tcg,one-insn-per-tb=on"]


def trace(image: Path) -> list[int]:
    """The address of every instruction executed, in order."""
    machine = (KIT / "common/make/qemu.args").read_text().split()
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        command = [QEMU, *machine, "-icount", "shift=0,sleep=off",
                   *one_insn_per_block(), "-d", "exec,nochain", "-D", str(log),
                   "-kernel", str(image)]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, check=True,
                           capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            raise BenchError(f"bench: QEMU did not finish: {error}") from error
        return parse(log.read_text(errors="replace"))


def parse(log: str) -> list[int]:
    """QEMU logs a block when it enters it. Where it then gives it up, for an
    interrupt or to do I/O precisely, it says so, and the block is not counted."""
    pcs: list[int] = []
    line = re.compile(r"^(?:Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/"
                      r"|(cpu_io_recompile: rewound|Stopped execution of TB))",
                      re.M)
    for match in line.finditer(log):
        if match[1]:
            pcs.append(int(match[1], 16))
        elif pcs:
            pcs.pop()
    return pcs


@dataclass
class Layout:
    """Where EL2 ends and guests begin."""

    hyp: Symbols
    guest: Symbols
    vectors: int

    def is_guest(self, pc: int) -> bool:
        return pc >= 0x4100_0000


def split(layout: Layout, pcs: list[int]) -> dict[str, int]:
    return dict(Counter(layout.hyp.function_at(pc) for pc in pcs).most_common())


def exits(pcs: list[int], layout: Layout) -> list[tuple[int, int, int]]:
    """(index of the last guest instruction, its PC, index of the next one) for
    every stay in EL2 between two guest instructions."""
    found = []
    last = None
    for i, pc in enumerate(pcs):
        if not layout.is_guest(pc):
            continue
        if last is not None and i > last + 1:
            found.append((last, pcs[last], i))
        last = i
    return found


def measure(pcs: list[int], layout: Layout) -> list[Cost]:
    stays = exits(pcs, layout)
    costs = []
    for title, label, aim, bare in ROWS:
        if label:
            # Both guests have the label; the first one's is looked at.
            pc = layout.guest.by_name[label]
            chosen = [s for s in stays if s[1] == pc]
        else:
            # An IRQ that was handed on: the next guest instruction is the
            # vector for "current EL with SP_ELx, IRQ" of the same guest.
            pc = layout.vectors + 0x280
            chosen = [s for s in stays if pcs[s[2]] == pc]
        if not chosen:
            raise BenchError(f"bench: '{title}' did not happen in the run")
        # The third of four: warm, and no end of the loop.
        first, _, after = chosen[min(2, len(chosen) - 1)]
        inside = pcs[first + 1:after]
        counted = len(inside) + (1 if label else 0)
        costs.append(Cost(title, counted, aim, bare, split(layout, inside)))
    return costs


def first_guest_instruction(pcs: list[int]) -> int:
    return next(i for i, pc in enumerate(pcs) if pc >= 0x4100_0000)


def sizes(image: Path) -> dict[str, int]:
    """Bytes loaded, and bytes of RAM, of the stock stage 6."""
    symbols = Symbols(image).by_name
    text = symbols["text_end"] - symbols["text_start"]
    rodata = symbols["rodata_end"] - symbols["rodata_start"]
    data = symbols["data_end"] - symbols["data_start"]
    return {"text": text, "rodata, with both guests": rodata, "data": data,
            "RAM of EL2, tables included":
                symbols["image_end"] - symbols["image_start"]}


def run() -> dict[str, object]:
    base = KIT / os.environ.get("BUILD", "build") / "bench"
    stock_image = build(base / "stock")
    image = build(base / "calls", *BENCH_CONFIG)
    guest = Symbols(image.parent / "guest/0-bench_calls.elf")
    layout = Layout(Symbols(image), guest, guest.by_name["vectors"])
    pcs = trace(image)
    return {
        "costs": [asdict(c) for c in measure(pcs, layout)],
        "boot": first_guest_instruction(trace(stock_image)),
        "sizes": sizes(stock_image),
    }


def show(result: dict[str, object], functions: bool) -> None:
    print(f"{'what':<46}{'instructions':>13}{'aim':>9}{'bare':>7}")
    for cost in result["costs"]:
        aim = f"< {cost['aim']}" if cost["aim"] else ""
        print(f"{cost['title']:<46}{cost['instructions']:>13}{aim:>9}"
              f"{cost['bare'] or '':>7}")
        if functions:
            for name, count in cost["functions"].items():
                print(f"    {name:<42}{count:>13}")
    print(f"{'reset to the first instruction of a guest':<46}{result['boot']:>13}")
    for name, size in result["sizes"].items():
        print(f"{name:<46}{size:>7} bytes")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--functions", action="store_true",
                        help="split each cost by function of EL2")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    try:
        result = run()
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2
    show(result, options.functions)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    late = [c for c in result["costs"] if c["aim"] and c["instructions"] >= c["aim"]]
    for cost in late:
        print(f"bench: {cost['title']} costs {cost['instructions']}, "
              f"the aim is under {cost['aim']}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
