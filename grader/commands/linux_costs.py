# SPDX-License-Identifier: MIT
"""make bench LAB=linux: the instructions of a whole Linux, from reset to power-off.

The same kernel boots on the bare machine and in a VM. A plugin of QEMU counts every instruction:
those of the guest, and of EL2 each address. So the counts are exact, and say which functions of EL2
were executed how often. -icount alone would not do: its time jumps while all cores sleep, and with
two cores it is the sum of both.

Wiping free memory is apart: it depends on how much memory the machine has, not on what a VM does.
So is what EL2 does before the first instruction of a guest: it sets itself up and loads the VM.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..model.elf import symbols
from ..qemu.boot import machine_flags, qemu
from ..qemu.instruction_log import version
from ..vms.description import Word
from ..vms.run import Files, bare_options, described, options_for
from .beyond import parser
from .components import Place, sources
from .costs import compiler_of
from .stage import aligned, command
from .vm_steps import CHAPTERS, owner

PLUGIN = KIT / "grader/qemu/plugin/count.c"
FIRST_WITH_API_2 = (9, 0)
LIMITS = Limits(output_bytes=4 << 20, cpu_seconds=600, wall_seconds=1200)
WIPING = ("wiping", "frames_wipe")  # of memory/frames.c
EXITS = re.compile(r"^\[exits\] vm0\.(\d+): (.*)$", re.MULTILINE)
END = "reboot: Power down"


@dataclass(frozen=True)
class Boot:
    """A boot to compare; `aim` is the percentage that EL2 may add, without wiping."""

    title: str
    vcpus: int
    bootargs: str
    aim: float


BOOTS = (
    Boot("quiet", 1, "", 0.2),
    Boot("earlycon, all messages", 1, "earlycon loglevel=8", 1),
    Boot("quiet, 2 vCPUs on 2 cores", 2, "", 1),
)


@dataclass(frozen=True)
class Count:
    """The instructions of a run: the guest's, and EL2's by address."""

    guest: int
    el2: Mapping[int, int]
    before: Mapping[int, int]  # of el2, before the first instruction of a guest
    text: str


def plugin(folder: Path) -> Path:
    """Compile the plugin for this QEMU."""
    library = folder / "count.so"
    api = 1 if (version(qemu()) or FIRST_WITH_API_2) < FIRST_WITH_API_2 else 2
    argv = ["gcc", "-std=gnu11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-DAPI={api}",
            str(PLUGIN), "-o", str(library)]  # fmt: skip
    done = Nursery().run(argv, LIMITS, env=clean())
    if done.status:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(f"the plugin does not compile: {words[0] if words else 'no message'}")
    return library


def counted(library: Path, argv: Sequence[str], image: Path, folder: Path) -> Count:
    """Boot and count. Without EL2 in the image its text has no bytes."""
    out = folder / "counts"
    names = symbols(image.read_bytes())
    start = names["text_start"]
    size = names["text_end"] - start if str(image) in argv else 0
    done = Nursery().run([qemu(), *machine_flags(), *argv, "-plugin",
                          f"{library},out={out},size={size}"], LIMITS, env=clean())
    text = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    if END not in text or not out.exists():
        words = [*text.splitlines(), *done.stderr.decode("utf-8", "replace").splitlines()]
        raise GraderError(f"Linux did not power off; the last line: {(words or ['nothing'])[-1]}")
    (_, guest), *rest = (line.split() for line in out.read_text().splitlines())
    numbers = [tuple(map(int, words)) for words in rest]
    return Count(int(guest), {start + at: count for at, count, _ in numbers},
                 {start + at: before for at, _, before in numbers}, text)


def run(boot: Boot, files: Files, image: Path, library: Path, bare: bool) -> Count:
    with scratch() as place:
        folder = Path(place)
        word = Word("linux", {"vcpus": str(boot.vcpus), "work": "true", **(
            {"bootargs": boot.bootargs} if boot.bootargs else {})})  # fmt: skip
        vm = described(word, "linux", files, folder)
        argv = bare_options(vm, 0) if bare else \
            ["-kernel", str(image), *options_for([vm], boot.vcpus, 0, folder)]
        return counted(library, argv, image, folder)


@dataclass(frozen=True)
class Pair:
    """A boot on the bare machine and in a VM, with EL2's instructions by chapter and function."""

    boot: Boot
    bare: Count
    vm: Count
    boot_parts: Counter[tuple[str, str]]  # before the first instruction of the guest
    parts: Counter[tuple[str, str]]  # from then on

    @property
    def wiping(self) -> int:
        return self.boot_parts[WIPING] + self.parts[WIPING]

    @property
    def set_up(self) -> int:
        return sum(self.boot_parts.values()) - self.boot_parts[WIPING]

    @property
    def running(self) -> int:
        return sum(self.parts.values()) - self.parts[WIPING]

    @property
    def more(self) -> float:
        """By how many percent there are more instructions than without EL2."""
        return 100 * ((self.vm.guest + self.set_up + self.running) / self.bare.guest - 1)

    @property
    def more_while_running(self) -> float:
        return 100 * ((self.vm.guest + self.running) / self.bare.guest - 1)


def part(places: Sequence[Place]) -> tuple[str, str]:
    return WIPING if any(place.function == WIPING[1] for place in places) else owner(places)


def measure(files: Files, image: Path) -> list[Pair]:
    with scratch() as place, ThreadPoolExecutor(2) as pool:
        library = plugin(Path(place))
        waiting = [(boot, [pool.submit(run, boot, files, image, library, bare)
                           for bare in (True, False)]) for boot in BOOTS]
        found = [(boot, bare.result(), vm.result()) for boot, (bare, vm) in waiting]
    pcs = sorted({pc for _, _, vm in found for pc in vm.el2})
    places = sources(image, pcs, compiler_of(image).startswith("clang"), Nursery())
    parts = {pc: part(places[pc]) for pc in pcs}
    pairs = []
    for boot, bare, vm in found:
        at_boot: Counter[tuple[str, str]] = Counter()
        later: Counter[tuple[str, str]] = Counter()
        for pc, count in vm.el2.items():
            at_boot[parts[pc]] += vm.before[pc]
            later[parts[pc]] += count - vm.before[pc]
        pairs.append(Pair(boot, bare, vm, at_boot, later))
    return pairs


def table(pairs: Sequence[Pair]) -> list[list[str]]:
    rows = [["a whole Linux, in instructions", "bare", "in a VM", "EL2: to set up",
             "while it runs", "wiping", "more", "aim", "more, set-up apart"]]  # fmt: skip
    for it in pairs:
        missed = ", missed" if it.more > it.boot.aim else ""
        rows.append([it.boot.title, f"{it.bare.guest:,}", f"{it.vm.guest:,}", f"{it.set_up:,}",
                     f"{it.running:,}", f"{it.wiping:,}", f"{it.more:.2f}%",
                     f"<= {it.boot.aim:g}%{missed}", f"{it.more_while_running:.2f}%"])
    return rows


def by_chapter(pairs: Sequence[Pair]) -> list[list[str]]:
    rows = [["EL2's instructions while it runs", *(it.boot.title for it in pairs)]]
    for chapter in ("labs", *CHAPTERS, "other"):
        counts = [sum(n for (name, _), n in it.parts.items() if name == chapter) for it in pairs]
        if any(counts):
            rows.append([chapter, *(f"{count:,}" for count in counts)])
    return rows


def by_function(it: Pair, most: int) -> list[list[str]]:
    """The functions with the most instructions, to set up and while the guest runs."""
    rows = []
    for when, parts in (("to set up", it.boot_parts), ("while it runs", it.parts)):
        rows.append([f"{it.boot.title}, {when}", ""])
        rows += [[f"  {function}, {chapter}", f"{count:,}"] for (chapter, function), count
                 in parts.most_common(most) if (chapter, function) != WIPING and count]
    return rows


def main(arguments: list[str]) -> int:
    options_parser = parser("make bench LAB=linux")
    options_parser.add_argument("--functions", action="store_true")
    options = options_parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    files = Files(options.downloads, options.lab_guests, options.kernel, options.initrd,
                  options.suite, options.mirror)
    pairs = measure(files, options.image)
    print(*aligned(table(pairs)), "", *aligned(by_chapter(pairs)), sep="\n")
    for it in pairs:
        print("", *aligned(by_function(it, 1000 if options.functions else 8)), sep="\n")
    print()
    for it in pairs:
        for vcpu, exits in EXITS.findall(it.vm.text):
            print(f"{it.boot.title}: exits of vCPU {vcpu}: {exits}")
    return 0


if __name__ == "__main__":
    sys.exit(command("bench", main))
