# SPDX-License-Identifier: MIT
"""make beyond_mutants: mistakes in the hypervisor of beyond/, and who finds them.

Each mistake is built into a copy of the kit. The conformance guests run one after the other, those
of its chapter first, until one of them finds something wrong, hangs, or brings EL2 down. A mistake
that none of them finds may still keep two Linux VMs from their power-off (LINUX=1).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..commands import conformance
from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.scratch_folder import scratch
from ..qemu.boot import machine_flags
from ..vms.description import Word
from ..vms.run import Files, described, options_for
from .beyond_mutants import MUTANTS, Mutant

PARTS = ("Makefile", "common", "beyond", "grader/qemu/beyond", "lab01-boot", "lab02-mmu",
         "lab03-stage2", "lab04-traps", "lab05-vcpu", "lab06-guests", "solutions",
         "VERSION")  # fmt: skip
ROUNDS = 5000  # of make memory
SECONDS = 20  # of processor time for a guest that ends in two when all is right
# The guests that look at a chapter, in the order in which they are asked.
CHAPTERS = {
    "interrupts": ("gic_routing", "gic_distributor", "gic_cpu_interface", "gic_redistributor",
                   "gic_sgi", "timers"),
    "cores": ("psci_cores", "litmus", "timers", "gic_routing"),
    "calls": ("psci", "exceptions", "memory_calls", "id_registers", "psci_cores"),
    "devices": ("devices",),
    "memory": ("memory_calls",),
    "systems": ("psci", "psci_cores"),
}  # fmt: skip
CROWDED = ("gic_routing", "timers", "psci_cores")  # once more, with two vCPUs on each core
LINUX_VMS = ("linux:work=all", "linux:work=hotplug")


@dataclass(frozen=True)
class Outcome:
    """`finder`: the guest, or "Linux"; empty if the mistake survived. `words`: what it said."""

    mutant: Mutant
    finder: str
    words: str


def copy_of_the_kit(folder: Path) -> Path:
    """A tree that make can build; its objects stay for the next mistake."""
    folder.mkdir()
    for part in PARTS:
        if (KIT / part).is_dir():
            shutil.copytree(KIT / part, folder / part, dirs_exist_ok=True)
        else:
            shutil.copy2(KIT / part, folder / part)
    return folder


def make(tree: Path, *words: str) -> str:
    """Build in a tree; return what is wrong, or nothing."""
    done = subprocess.run(["make", *words, "LAB=6"], cwd=tree, env=clean(), capture_output=True,
                          text=True, check=False)  # fmt: skip
    return "" if not done.returncode else (done.stderr.strip().splitlines() or ["make failed"])[-1]


def asked(mutant: Mutant) -> list[str]:
    """All guests, those of the mistake's chapter first."""
    every = [guest for name in ("GUESTS", "CORES", "CALLS")
             for guest in conformance.guest_list(f"CONFORMANCE_{name}")]
    first = CHAPTERS[mutant.chapter]
    return [*first, *(guest for guest in every if guest not in first)]


def boot_in_vm(tree: Path, guest: str, vcpus: int, cores: int) -> str:
    """The whole transcript of a guest under the tree's EL2; cut off if it does not end."""
    with scratch() as place:
        folder = Path(place)
        word = Word("conformance", {"vcpus": str(vcpus),
                                    "kernel": str(KIT / f"build/conformance/{guest}.elf")})
        vm = described(word, "conformance", Files(folder, folder), folder)
        options = options_for([vm], cores, 0, folder)
        flags = [*machine_flags(), "-kernel", str(tree / "build/beyond/hyp.elf"), *options]
        return conformance.transcript(flags, SECONDS)


def fault(tree: Path, guest: str, vcpus: int, cores: int) -> str:
    """What is wrong with a guest's transcript, in a few words; nothing if all is right."""
    text = boot_in_vm(tree, guest, vcpus, cores)
    names = conformance.check_names((conformance.GUESTS / f"{guest}.c").read_text())
    verdict = conformance.judge(names, guest, vcpus, conformance.of_the_vm(text))
    if verdict.faults:
        return verdict.faults[0]
    return "" if "power off" in text else "the machine does not end"


def found_by_memory(tree: Path) -> str:
    """What the check of memory/ on the machine says (grader/qemu/beyond/), in a few words."""
    if words := make(tree, "build/beyond/memory.elf", f"MEMORY_ROUNDS={ROUNDS}"):
        return f"memory.elf: {words}"
    flags = [*machine_flags(), "-kernel", str(tree / "build/beyond/memory.elf")]
    text = conformance.transcript(flags, 2 * SECONDS)
    return "" if "all is well" in text else (text.strip().splitlines() or ["nothing"])[-1]


def found_by_guests(tree: Path, mutant: Mutant) -> tuple[str, str]:
    if mutant.chapter == "memory" and (words := found_by_memory(tree)):
        return "make memory", words
    for guest in asked(mutant):
        for vcpus in conformance.core_counts(guest):
            if words := fault(tree, guest, vcpus, vcpus):
                return guest, words
    for guest in CROWDED:
        if words := fault(tree, guest, 4, 2):
            return f"{guest}, 4 vCPUs on 2 cores", words
    return "", ""


def found_by_linux(tree: Path, downloads: Path) -> str:
    """Two Linux VMs, one of which turns a CPU off and on."""
    with scratch() as place:
        folder = Path(place)
        files = Files(downloads, folder)
        vms = [described(Word.parse(text), f"linux-{n}", files, folder)
               for n, text in enumerate(LINUX_VMS)]
        options = options_for(vms, 2, 0, folder)
        flags = [*machine_flags(), "-kernel", str(tree / "build/beyond/hyp.elf"), *options]
        text = conformance.transcript(flags, 4 * SECONDS)
    if text.count("reboot: Power down") < len(vms):
        return "a kernel does not get to its power-off"
    return "WRONG SHA-256" if "WRONG" in text else ""


def outcome(tree: Path, mutant: Mutant, downloads: Path | None) -> Outcome:
    """Build a mistake into the tree, let it be looked for, and take it out again."""
    before = {edit.file: (tree / edit.file).read_text() for edit in mutant.edits}
    try:
        for edit in mutant.edits:
            path = tree / edit.file
            text = path.read_text()
            if text.count(edit.old) != 1:
                raise GraderError(f"{mutant.name}: {edit.file} has its text {text.count(edit.old)} "
                                  "times, not once")
            path.write_text(text.replace(edit.old, edit.new))
        if words := make(tree, "beyond_build"):
            raise GraderError(f"{mutant.name}: does not build: {words}")
        finder, words = found_by_guests(tree, mutant)
        if not finder and downloads and (words := found_by_linux(tree, downloads)):
            finder = "Linux"
        return Outcome(mutant, finder, words)
    finally:
        for file, text in before.items():
            (tree / file).write_text(text)


def outcomes(mutants: Sequence[Mutant], trees: Sequence[Path],
             downloads: Path | None) -> Iterator[Outcome]:
    """Each tree takes the next mistake when it is free."""
    free = list(trees)

    def one(mutant: Mutant) -> Outcome:
        tree = free.pop()
        try:
            return outcome(tree, mutant, downloads)
        finally:
            free.append(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, mutants)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make beyond_mutants")
    parser.add_argument("--only", default="", help="a part of the names")
    parser.add_argument("--linux", type=Path, help="where the packages of Linux are")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name]
    if not chosen:
        raise GraderError(f"ONLY={options.only}: no mistake has that in its name")
    survived = by_linux = 0
    with scratch() as place:
        trees = [copy_of_the_kit(Path(place) / str(n)) for n in range(options.jobs)]
        for result in outcomes(chosen, trees, options.linux):
            survived += not result.finder and not result.mutant.unseen
            by_linux += result.finder == "Linux"
            verdict = f"{result.finder}: {result.words}" if result.finder else \
                f"unseen: {result.mutant.unseen}" if result.mutant.unseen else "SURVIVED"
            print(f"{result.mutant.chapter}: {result.mutant.name}: {verdict}", flush=True)
    print(f"{len(chosen)} mistakes, {survived} survived, {by_linux} found by Linux alone")
    return 1 if survived else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GraderError as error:
        sys.exit(f"mutants: {error}")
