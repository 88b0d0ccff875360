# SPDX-License-Identifier: MIT
"""make beyond, make linux: VMs boot, and what cannot boot is refused in words."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.commands.conformance import transcript
from grader.core.kit import KIT, GraderError
from grader.qemu.boot import machine_flags
from grader.quality.readers.build import missing
from grader.tests.support.build import BUILD, OWN
from grader.tests.support.making import make, path_without
from grader.vms.description import Word
from grader.vms.initrd import CHARACTERS, CONSOLE, DIRECTORY, PROGRAM, entry
from grader.vms.packages import BUSYBOX, KERNEL, UBOOT, Packages
from grader.vms.run import Files, described, options_for

DOWNLOADS = KIT / "build/linux"  # one for all workers
GUESTS = BUILD / "lab06-solved6/guest"
SECONDS = 120
KEY_SECONDS = 0.05  # between two keys


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    if problem := missing("dtc"):
        pytest.skip(problem)


@pytest.fixture(scope="module")
def el2() -> Path:
    status, output = make("beyond_build", "beyond_lab_guests", "WERROR=1", OWN)
    assert status == 0, output
    return BUILD / "beyond/hyp.elf"


def packages(suite: str, *names: str) -> None:
    """Get the files, or skip the test and say why."""
    try:
        Packages(DOWNLOADS, suite).get(names)
    except GraderError as error:
        pytest.skip(f"Debian's packages cannot be had here: {error}")


def command(folder: Path, *argv: str) -> list[str]:
    return [
        sys.executable, "-m", "grader.commands.beyond", f"--image={BUILD}/beyond/hyp.elf",
        f"--folder={folder}", f"--downloads={DOWNLOADS}", f"--lab-guests={GUESTS}", *argv,
    ]  # fmt: skip


def beyond(folder: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *argv), cwd=KIT, env={**os.environ, **env}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)


def lines_of(text: str, vm: int) -> list[str]:
    """The lines that a VM printed."""
    return re.findall(rf"^\[vm{vm}\] (.*)$", text, re.MULTILINE)


# --- what needs no packages ---------------------------------------------------
def test_the_guests_of_lab_6_boot_as_they_are(el2: Path, tmp_path: Path) -> None:
    done = beyond(tmp_path, "--vms=counter_os memwalk_os counter_os", "--cores=2")
    assert done.returncode == 0, done.stderr
    for vm, name in enumerate(("counter_os", "memwalk_os", "counter_os")):
        lines = lines_of(done.stdout, vm)
        assert lines[0] == f"{name}: up at EL1" and lines[-1] == f"{name}: done"
    assert done.stdout.endswith("[boot] every VM has ended: power off\n")


def test_a_program_boots_with_its_device_tree(el2: Path, tmp_path: Path) -> None:
    tree = tmp_path / "mine.dts"
    tree.write_text((KIT / "beyond/vms/counter_os.dts").read_text())
    done = beyond(tmp_path / "run", f"--kernel={GUESTS}/0-counter_os.elf", f"--dtb={tree}")
    assert done.returncode == 0 and lines_of(done.stdout, 0)[-1] == "counter_os: done"
    assert "[vm] 0: mine, 1 vCPUs, entry 0x41000000\n" in done.stdout


BOARD = '/dts-v1/;\n/include/ "lab.dtsi"\n'
MEMORY = ("/ { memory@40e00000 { device_type = \"memory\"; reg = <0 0x40e00000 0 0x1000>, "
          "<0 0x41000000 0 0x400000>; }; };\n")


@pytest.mark.parametrize(
    ("tree", "kernel", "said"),
    [
        (MEMORY + '/ { usb@a000000 { compatible = "generic-ohci"; }; };', "0-counter_os.elf",
         "usb@a000000: "),
        ("", "0-counter_os.elf", "memory"),
        (MEMORY.replace("0x400000", "0x80000000"), "0-counter_os.elf", "memory"),
        (MEMORY.replace("0x41000000", "0x40e00000"), "0-counter_os.elf", "memory"),
        (MEMORY + "/ { cpus { cpu@0 { reg = <1>; }; }; };", "0-counter_os.elf", "cpus: "),
        (MEMORY, "1-memwalk_os.elf", ""),
        (MEMORY, "0-counter_os.map", ""),
    ],
    ids=["no device", "no memory", "too much", "overlap", "vCPU", "outside", "no program"],
)
def test_what_cannot_boot_is_refused_in_a_line_and_the_next_vm_boots(
    el2: Path, tmp_path: Path, tree: str, kernel: str, said: str
) -> None:
    (tmp_path / "bad.dts").write_text(BOARD + tree)
    done = beyond(tmp_path / "run", "--vms=counter_os", f"--dtb={tmp_path}/bad.dts",
                  f"--kernel={GUESTS / kernel}", "--memory=256M")  # fmt: skip
    assert done.returncode == 0, done.stderr
    refused = re.findall(r"^\[vm\] bad(?:\.dtb)?: refused: (.*)$", done.stdout, re.MULTILINE)
    assert len(refused) == 1 and said in refused[0] and refused[0], done.stdout
    assert lines_of(done.stdout, 0)[-1] == "counter_os: done" and not lines_of(done.stdout, 1)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), 'give VMS="a b"; there are conformance, counter_os, linux, memwalk_os, uboot'),
        (("--vms=nothing",), "there is no VM 'nothing'; there are conformance, counter_os, linux, "
         "memwalk_os, uboot"),
        (("--kernel=/bin/sh",), "KERNEL=: give DTB= too, the device tree of its VM"),
        (("--dtb=/bin/sh",), "DTB=: give KERNEL= too, the program of this VM"),
        (("--dtb=none.dtb", "--kernel=/bin/sh"), "none.dtb: no such file"),
        (("--vms=linux", "--kernel=VERSION"), "VERSION is no arm64 Image and no ELF file; "
         "decompress it first"),
        (("--vms=linux", "--kernel=none"), "none: no such file"),
        (("--vms=counter_os", "--cores=9"), "CORES=9: give a number from 1 to 8"),
        (("--vms=counter_os", "--cores=two"), "CORES=two: give a number from 1 to 8"),
        (("--vms=counter_os", "--memory=lots"), "MEMORY=lots: give a size such as 128M"),
        (("--vms=counter_os", "--memory=16M"), "MEMORY=16M: the bundle alone needs 35M"),
        (("--vms=" + 17 * "counter_os ",), "17 VMs: EL2 has room for 16"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_the_command_refuses_in_one_line(el2: Path, tmp_path: Path, argv: Sequence[str],
                                         said: str) -> None:
    done = beyond(tmp_path, *argv, "--dry-run")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"beyond: {said}\n")


def test_the_same_words_make_the_same_bundle(el2: Path, tmp_path: Path) -> None:
    first, second = ((beyond(tmp_path / name, "--vms=counter_os memwalk_os", "--dry-run"),
                      (tmp_path / name / "bundle.cpio").read_bytes()) for name in "ab")
    assert first[0].returncode == 0 and first[1] == second[1]


def test_make_gives_shell_back_its_meaning() -> None:
    status, output = make("-n", "linux", "SHELL=1", OWN)
    assert status == 0
    (line,) = [line for line in output if "grader.commands.beyond" in line]
    assert "linux:work=shell" in line and "--interactive --no-icount" in line


def test_the_tools_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    status, output = make("beyond", "VMS=counter_os", OWN, PATH=path_without(folder, "dtc"))
    assert status != 0 and output[-1].startswith("dtc is missing") and "./setup.sh" in output[-1]


# --- what needs packages ------------------------------------------------------
LINUX = re.compile(
    r"Linux \S+, (\d) CPUs, \d+ KiB\n"
    r"2030-01-01, 00:0\d, arch_sys_counter\n"
    r"(?:CPU \d: 4 MiB, the right SHA-256\n)+"
    r"slept for [3-6] s\n"
    r"interrupts, a column for each CPU:\n"
    r"(?: *\w+: .*\n)+"
    r"\[.*\] reboot: Power down\n"
)


def linux_says(text: str, vm: int, cpus: int) -> None:
    said = "".join(f"{line}\n" for line in lines_of(text, vm))
    found = LINUX.fullmatch(said)
    assert found and found.group(1) == str(cpus), text
    assert said.count("the right SHA-256") == cpus


def test_make_linux_boots_two_kernels_and_prints_the_same_bytes_again(el2: Path,
                                                                      tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    (BUILD / "linux").unlink(missing_ok=True)
    (BUILD / "linux").symlink_to(DOWNLOADS)
    status, output = make("linux", "WERROR=1", OWN)
    text = "".join(f"{line}\n" for line in output)
    assert status == 0 and "download" not in text
    for vm in range(2):
        linux_says(text, vm, cpus=2)
    assert beyond(tmp_path, "--vms=linux linux").stdout == text


def test_kernels_of_two_suites_run_together(el2: Path, tmp_path: Path) -> None:
    packages("bookworm", KERNEL, BUSYBOX)
    packages("trixie", KERNEL, BUSYBOX)
    done = beyond(tmp_path, "--vms=linux:suite=bookworm,vcpus=1,memory=56M linux:suite=trixie")
    linux_says(done.stdout, 0, cpus=1)
    linux_says(done.stdout, 1, cpus=2)
    assert "[vm0] Linux 6.1." in done.stdout and "[vm1] Linux 6.12." in done.stdout


def test_the_same_files_boot_on_the_bare_machine(el2: Path, tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    done = beyond(tmp_path, "--vms=linux:memory=56M", "--bare")
    assert LINUX.fullmatch(done.stdout), done.stdout


def test_a_kernel_that_panics_ends_its_vm_alone(el2: Path, tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    done = beyond(tmp_path, "--vms=linux:work=crash,vcpus=1 linux:vcpus=1")
    assert lines_of(done.stdout, 0)[0] == "crash"
    linux_says(done.stdout, 1, cpus=1)
    assert done.stdout.endswith("[boot] every VM has ended: power off\n")


# Computes with all interrupts masked for SECONDS of virtual time, then calls SYSTEM_OFF.
HANG = """
	.global	_start
_start:	msr	daifset, #15
	mrs	x1, cntfrq_el0
	mov	x2, #%d
	mul	x1, x1, x2
	mrs	x0, cntvct_el0
	add	x1, x1, x0
1:	mrs	x0, cntvct_el0
	cmp	x0, x1
	b.lo	1b
	ldr	w0, =0x84000008
	hvc	#0
"""


def hang(folder: Path, seconds: int) -> Path:
    """An ELF that hangs."""
    source, program = folder / "hang.S", folder / "hang.elf"
    source.write_text(HANG % seconds)
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,--build-id=none",
                    "-Wl,-Ttext=0x40200000", "-o", program, source], check=True)
    return program


def run_vms(folder: Path, cores: int, *words: Word) -> str:
    """Boot VMs under EL2, and return all that is printed."""
    files = Files(DOWNLOADS, GUESTS)
    vms = [described(word, f"{n}-{word.name}", files, folder) for n, word in enumerate(words)]
    options = options_for(vms, cores, 0, folder)
    return transcript([*machine_flags(), "-kernel", f"{BUILD}/beyond/hyp.elf", *options],
                      SECONDS).replace("\r\n", "\n")


RAN = re.compile(r"^\[sched\] vm(\d)\.\d on core \d: \d+ turns, (\d+) us;", re.MULTILINE)
SLICE_US = 4000


def test_two_vms_that_hang_share_their_core_within_a_slice(el2: Path, tmp_path: Path) -> None:
    word = Word("conformance", {"kernel": str(hang(tmp_path, 1))})
    text = run_vms(tmp_path, 1, word, word)
    ran = [int(us) for _, us in RAN.findall(text)]
    assert len(ran) == 2 and abs(ran[0] - ran[1]) <= SLICE_US, text
    assert sum(ran) > 990_000, text


def test_a_vm_that_hangs_leaves_linux_its_share_and_its_transcript(el2: Path,
                                                                   tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    word = Word("conformance", {"kernel": str(hang(tmp_path, 3))})
    text = run_vms(tmp_path, 1, word, Word("linux", {"vcpus": "1"}))
    linux_says(text, 1, cpus=1)
    # In those three seconds Linux always computes.
    assert abs(int(dict(RAN.findall(text))["0"]) - 1_500_000) <= SLICE_US, text


def test_ptrace_makes_as_many_single_steps_as_on_the_bare_machine(el2: Path,
                                                                  tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    program, archive = tmp_path / "init", tmp_path / "initrd"
    subprocess.run(["aarch64-linux-gnu-gcc", "-O1", "-ffreestanding", "-nostdlib", "-static",
                    KIT / "grader/tests/support/single_step.c", "-o", program], check=True)
    archive.write_bytes(b"".join([
        entry(1, "dev", DIRECTORY), entry(2, "dev/console", CHARACTERS, device=CONSOLE),
        entry(3, "init", PROGRAM, program.read_bytes()), entry(0, "TRAILER!!!", 0),
    ]))  # fmt: skip
    word = f"--vms=linux:vcpus=1,initrd={archive}"
    bare = beyond(tmp_path / "bare", word, "--bare").stdout
    both = [re.findall(r"steps: +(\d+)$", text, re.MULTILINE)
            for text in (bare, beyond(tmp_path / "vm", word).stdout)]
    assert both[0] == both[1] and int(both[0][0]) > 2000, bare


def test_u_boot_runs_its_commands(el2: Path, tmp_path: Path) -> None:
    packages("", UBOOT)
    done = beyond(tmp_path, "--vms=uboot", "--cores=1")
    text = "\n".join(lines_of(done.stdout, 0))
    assert "U-Boot 20" in text and "DRAM:  128 MiB" in text and "crc32 for 40200000" in text
    assert text.rstrip().endswith("poweroff ...")


def typed(argv: Sequence[str], steps: Sequence[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """Run a command on a terminal; type the second of each step once it prints the first."""
    child, terminal = pty.fork()
    if not child:
        os.chdir(KIT)
        os.execvp(argv[0], [*argv])
    text, seen, left, end = b"", 0, list(steps), time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            if select.select([terminal], [], [], 0.5)[0]:
                text += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if left and (at := text.find(left[0][0], seen)) >= 0:
            seen = at + len(left[0][0])
            for key in left.pop(0)[1]:  # a UART without flow control loses what comes too fast
                time.sleep(KEY_SECONDS)
                os.write(terminal, bytes([key]))
    os.close(terminal)
    return os.waitpid(child, 0)[1], text


def test_a_shell_takes_what_is_typed_and_ctrl_c_is_the_guests(tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    status, output = make("beyond_build", "INTERACTIVE=1", f"{OWN}/interactive")
    assert status == 0, output
    argv = command(tmp_path, "--vms=linux:work=shell", "--interactive", "--no-icount",
                   f"--image={BUILD}/interactive/beyond/hyp.elf")  # fmt: skip
    status, text = typed(argv, [
        (b"/ # ", b"echo $((6 * 7)) there; sleep 1000\r"), (b"42 there", b"\3"),
        (b"/ # ", b"exit\r"),
    ])  # fmt: skip
    assert status == 0 and b"reboot: Power down" in text, text


def test_another_key_ends_the_machine(tmp_path: Path) -> None:
    packages("", KERNEL, BUSYBOX)
    status, output = make("beyond_build", "INTERACTIVE=1", f"{OWN}/interactive")
    assert status == 0, output
    argv = command(tmp_path, "--vms=linux:work=shell", "--interactive", "--no-icount",
                   f"--image={BUILD}/interactive/beyond/hyp.elf")  # fmt: skip
    status, text = typed(argv, [(b"/ # ", b"\x1d")])
    assert status != 0 and b"Power down" not in text
