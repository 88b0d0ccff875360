# SPDX-License-Identifier: MIT
"""make conformance: boot the guests of beyond/guests/ and judge their transcripts.

A guest boots in a VM under the hypervisor of beyond/, or on the bare machine (BARE=1). It boots
twice. Both transcripts must be equal byte for byte, every check of the guest's source must be there
once, in order, and must be right.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..core.limits import Limits
from ..core.process import Nursery
from ..core.scratch_folder import scratch
from ..qemu.boot import machine_flags, qemu
from ..vms.description import Word
from ..vms.run import Files, described, options_for

GUESTS = KIT / "beyond/guests"
SECONDS = 120  # of processor time, a boot
MOST_WALL = 60  # times as much wall time, on a host that does something else
IDLE_SECONDS = 20  # without any work: every core waits for an event that never comes
MOST_OUTPUT = 16 << 20
CHECK = re.compile(r'^CHECK\("([^"]+)"\)$', re.MULTILINE)
LINE = re.compile(r"^\[(ok|wrong)\] ([\w.]+)(?:: (.*))?$")
SUM = re.compile(r"^\[sum\] (\w+): cores (\d+), checks (\d+), wrong (\d+)$")
# On 1 and 4 cores, or for guests that need another core on 2 and 4.
CORES, MANY_CORES = (1, 4), (2, 4)
VM_LINE = re.compile(r"^\[vm0\] (.*)$", re.MULTILINE)
VM_SECONDS = 2 * SECONDS


@dataclass(frozen=True)
class Verdict:
    """What a guest's transcript says; `faults` is empty if all is right."""

    checks: int
    faults: tuple[str, ...]


def guest_list(variable: str) -> list[str]:
    """Return the words of a variable of conformance.mk."""
    text = (KIT / "common/make/conformance.mk").read_text().replace("\\\n", " ")
    found = re.search(rf"^{variable}\s*:= (.*)$", text, re.MULTILINE)
    assert found
    return found.group(1).split()


def core_counts(guest: str) -> tuple[int, ...]:
    many = guest_list("CONFORMANCE_CORES") + guest_list("CONFORMANCE_CALLS")
    return MANY_CORES if guest in many else CORES


def check_names(source: str) -> list[str]:
    """Return the names of the checks in a guest's source, in order."""
    return CHECK.findall(source)


def machine(cores: int, cpu: str | None = None) -> list[str]:
    """Return QEMU's flags: the labs' machine without EL2, and with virtual time for the RTC."""
    flags = " ".join(machine_flags()).replace("virtualization=on", "virtualization=off")
    flags = re.sub(r" -device \S+", "", flags)
    if cpu:
        flags = re.sub(r"-cpu \S+", f"-cpu {cpu}", flags)
    return [*flags.split(), "-smp", str(cores), "-rtc", "base=2030-01-01,clock=vm"]


def boot(image: Path, cores: int, cpu: str | None = None) -> str:
    """Return what the guest prints on the bare machine until it is off."""
    return transcript([*machine(cores, cpu), "-kernel", str(image)], SECONDS)


def transcript(options: Sequence[str], seconds: int) -> str:
    """Return what the machine prints until it is off, or its processor time is over."""
    limits = Limits(MOST_OUTPUT, seconds, MOST_WALL * seconds, IDLE_SECONDS)
    done = Nursery().run([qemu(), *options], limits)
    if done.status and not done.stop:
        raise GraderError(f"QEMU failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


@dataclass(frozen=True)
class Hypervisor:
    """EL2 of beyond/, and how many cores it has: 0 is a core for each vCPU."""

    image: Path
    cores: int = 0

    def boot(self, guest: Path, vcpus: int, folder: Path, cpu: str | None = None) -> str:
        """Return all that the machine prints while the guest runs in a VM."""
        word = Word("conformance", {"vcpus": str(vcpus), "kernel": str(guest)})
        vm = described(word, "conformance", Files(folder, folder), folder)
        flags = machine_flags()
        if cpu:
            flags[flags.index("-cpu") + 1] = cpu
        options = options_for([vm], self.cores or vcpus, 0, folder, base=flags)
        return transcript([*flags, "-kernel", str(self.image), *options], VM_SECONDS)


def of_the_vm(text: str) -> str:
    """Return the lines that the VM printed, as on the bare machine."""
    return "".join(f"{line}\n" for line in VM_LINE.findall(text.replace("\r", "")))


def judge(names: list[str], guest: str, cores: int, transcript: str) -> Verdict:
    """Compare a transcript with the checks that the source has."""
    lines = [line.rstrip("\r") for line in transcript.split("\n")]
    results = [match for line in lines if (match := LINE.match(line))]
    seen = [match.group(2) for match in results]
    faults = [match.group(0) for match in results if match.group(1) == "wrong"]
    faults += [f"{name}: no result" for name in names if name not in seen]
    faults += [f"{name}: no check of the source" for name in seen if name not in names]
    if not faults and seen != names:
        faults.append("a check ran twice, or out of order")
    sums = [match.groups() for line in lines if (match := SUM.match(line))]
    wrong = sum(match.group(1) == "wrong" for match in results)
    if sums != [(guest, str(cores), str(len(names)), str(wrong))]:
        faults.append(f"no [sum] of {cores} cores and {len(names)} checks, {wrong} wrong: {sums}")
    return Verdict(len(seen), tuple(faults))


def transcripts(folder: Path, guest: str, cores: int, cpu: str | None,
                hypervisor: Hypervisor | None) -> list[str]:
    """Boot a guest twice."""
    image = folder / f"{guest}.elf"
    if not hypervisor:
        return [boot(image, cores, cpu) for _ in range(2)]
    with scratch() as place:
        return [hypervisor.boot(image, cores, Path(place), cpu) for _ in range(2)]


def run(folder: Path, guest: str, cores: int, cpu: str | None = None,
        hypervisor: Hypervisor | None = None) -> Verdict:
    """Boot a guest twice and judge it."""
    names = check_names((GUESTS / f"{guest}.c").read_text())
    first, second = transcripts(folder, guest, cores, cpu, hypervisor)
    of_the_guest = of_the_vm(first) if hypervisor else first
    if not of_the_guest:
        words = first.strip().splitlines() or ["nothing"]
        return Verdict(0, (f"the guest printed nothing; the last line: {words[-1]}",))
    verdict = judge(names, guest, cores, of_the_guest)
    if first != second:
        return Verdict(verdict.checks, (*verdict.faults, "two boots differ"))
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser(prog="make conformance")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--hypervisor", type=Path, help="EL2's image; without: the bare machine")
    parser.add_argument("--cores", type=int, help="of the guest")
    parser.add_argument("--on-cores", type=int, default=0, help="of the machine, under EL2")
    parser.add_argument("--cpu")
    parser.add_argument("guests", nargs="+")
    options = parser.parse_args()
    el2 = Hypervisor(options.hypervisor, options.on_cores) if options.hypervisor else None
    checks = faults = 0
    for guest in options.guests:
        for cores in (options.cores,) if options.cores else core_counts(guest):
            verdict = run(options.folder, guest, cores, options.cpu, el2)
            print(f"{guest:18} {cores} cores: {verdict.checks:3} checks", flush=True)
            print("".join(f"  {fault}\n" for fault in verdict.faults), end="", flush=True)
            checks += verdict.checks
            faults += len(verdict.faults)
    print(f"{checks} checks, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GraderError as error:
        sys.exit(f"conformance: {error}")
