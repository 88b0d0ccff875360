# SPDX-License-Identifier: MIT
"""Code that runs before a program, in a copy of its image.

An earlier program leaves junk. Most of EL2's registers reset to UNKNOWN
values (Arm ARM, each register's "Resets"), but QEMU resets them to 0 and zeroes .bss.
Some firmware lets every core enter at once; QEMU's other cores wait for PSCI.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..model.elf import with_contents, with_start
from ..model.instruction_words import ISB, MSR_DAIFCLR_ALL, MSR_SPSEL_0
from ..model.patterns import STACK

# Near the end of 256 MiB, which no stage uses.
START = 0x4FFF_0000


@dataclass(frozen=True)
class Register:
    """A system register by its encoding, and a value that a correct program overwrites.

    No value may disturb a program that sets its registers: nothing is enabled that
    acts at EL2, and E2H stays 0.
    """

    op1: int
    crn: int
    crm: int
    op2: int
    junk: int


# Arm ARM, each register's "Accessing".
REGISTERS = {
    "HCR_EL2": Register(4, 1, 1, 0, 1 << 19 | 1 << 13),  # TSC, TWI
    # DSSBS, WXN, I, C, A; no RES1 bit
    "SCTLR_EL2": Register(4, 1, 0, 0, 1 << 44 | 1 << 19 | 1 << 12 | 1 << 2 | 1 << 1),
    "CPTR_EL2": Register(4, 1, 1, 2, 0),
    "MDCR_EL2": Register(4, 1, 1, 1, 1),  # only HPMN
    "HSTR_EL2": Register(4, 1, 1, 3, 1 << 15),
    "VTTBR_EL2": Register(4, 2, 1, 0, 7 << 48),
    "TPIDR_EL2": Register(4, 13, 0, 2, STACK),
    "CNTHCTL_EL2": Register(4, 14, 1, 0, 3),
    "CNTVOFF_EL2": Register(4, 14, 0, 3, 0xA5A5),
    "CNTHP_CTL_EL2": Register(4, 14, 2, 1, 2),  # IMASK
    "CNTV_CTL_EL0": Register(3, 14, 3, 1, 2),
    "SCTLR_EL1": Register(0, 1, 0, 0, 1),
}

CLUSTER = 16  # cores in a cluster with a GICv3
PSCI_CPU_ON = 0xC400_0003
MOV_SP_X0 = 0x9100_001F
SMC = 0xD400_0003
BR_X0 = 0xD61F_0000
STR_W0_X1 = 0xB900_0020

UART = 0x0900_0000
BOOT_CORE_ENTERS = "[start] the boot core enters\n"


def move(number: int, value: int) -> list[int]:
    """MOVZ and MOVK of a 64-bit value into a general register."""
    halves = [value >> shift & 0xFFFF for shift in (0, 16, 32, 48)]
    return [
        (0xF280_0000 if at else 0xD280_0000) | at << 21 | half << 5 | number
        for at, half in enumerate(halves)
    ]


def msr_x0(register: Register) -> int:
    """MSR of x0 into a register of op0 = 3."""
    fields = register.op1 << 16 | register.crn << 12 | register.crm << 8 | register.op2 << 5
    return 0xD518_0000 | fields


def code(words: list[int], entry: int) -> bytes:
    """Return the instructions and a branch to the program."""
    words = [*words, *move(0, entry), BR_X0]
    return struct.pack(f"<{len(words)}I", *words)


def junk_code(entry: int) -> bytes:
    """Return code that puts junk into every register that a program must set."""
    words: list[int] = []
    for register in REGISTERS.values():
        words += [*move(0, register.junk), msr_x0(register)]
    return code([*words, ISB, *move(0, STACK), MOV_SP_X0, MSR_SPSEL_0, MSR_DAIFCLR_ALL], entry)


def _affinity(core: int) -> int:
    """Return Aff1 and Aff0 of MPIDR_EL1 of a core on QEMU's virt."""
    cluster, number = divmod(core, CLUSTER)
    return cluster << 8 | number


def cores_code(cores: int, entry: int) -> bytes:
    """Return code with which all cores enter one by one. The boot core is last and prints it."""
    words: list[int] = []
    for core in range(1, cores):
        words += [*move(0, PSCI_CPU_ON), *move(1, _affinity(core)), *move(2, entry), *move(3, 0),
                  SMC]
    words += move(1, UART)
    for character in BOOT_CORE_ENTERS.replace("\n", "\r\n"):
        words += [*move(0, ord(character)), STR_W0_X1]
    return code(words, entry)


def with_junk(data: bytes) -> bytes:
    """Return the image with junk in .bss, on the stack and in registers."""
    return with_start(with_contents(data), START, junk_code)


def with_cores(data: bytes, cores: int) -> bytes:
    """Return the image, entered by that many cores."""
    return with_start(data, START, lambda entry: cores_code(cores, entry))
