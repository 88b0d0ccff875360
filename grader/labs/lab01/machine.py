# SPDX-License-Identifier: MIT
"""What the machine must show in lab 1: registers, the stack, .bss."""

from __future__ import annotations

from ...model.elf import JUNK, symbols
from ...model.snapshot import State
from ..check import Evidence
from ..register_checks import Bits, Wanted, bit, first_wrong_register, not_reached

DAIF = {"D": bit(9), "A": bit(8), "I": bit(7), "F": bit(6)}
EL2H = {"EL2": bit(3), "SPSel": bit(0)}
SCTLR_RES1 = {f"bit {n}, RES1,": bit(n) for n in (29, 28, 23, 22, 18, 16, 11, 5, 4)}

# The handout's table. QEMU keeps bits of extensions that the core does not have.
STATE: dict[str, Wanted] = {
    "cpsr": Bits({**DAIF, **EL2H}, {}),
    "HCR_EL2": bit(31),
    "SCTLR_EL2": Bits({**SCTLR_RES1, "SA": bit(3)}, {
        "M": bit(0), "C": bit(2), "I": bit(12), "WXN": bit(19), "EE": bit(25), "DSSBS": bit(44)}),
    "CPTR_EL2": Bits(
        {"TAM": bit(30), "TTA": bit(20), "TSM": bit(12), "TFP": bit(10), "TZ": bit(8)}, {}
    ),
    "MDCR_EL2": Bits(
        {"TTRF": bit(19), "TPMS": bit(14), "TDRA": bit(11), "TDOSA": bit(10), "TDA": bit(9),
         "TPM": bit(6), "TPMCR": bit(5)},
        {"HPME": bit(7), "TDE": bit(8)},
    ),
    "CNTHCTL_EL2": Bits({}, {"EL1PCTEN": bit(0), "EL1PCEN": bit(1)}),
    "CNTVOFF_EL2": 0,
    "CNTHP_CTL_EL2": Bits({}, {"ENABLE": bit(0)}),
    "CNTV_CTL_EL0": Bits({}, {"ENABLE": bit(0)}),
    "HSTR_EL2": 0,
    "VTTBR_EL2": 0,
    "HCRX_EL2": 0,
    "SCTLR_EL1": Bits({"RES1": 0x30D0_0980}, {"M": bit(0), "C": bit(2), "I": bit(12)}),
}

# Bytes at the lower end of the stack that no call reaches.
BELOW = 256


def control_registers(evidence: Evidence) -> str:
    """All values that task 2 sets, at the first line of hyp_main()."""
    state = evidence.run.state("boot")
    if not state:
        return not_reached(evidence, "boot")
    names = symbols(evidence.image.read_bytes())
    table = dict(STATE)
    if "boot_cpu" in names:
        table["TPIDR_EL2"] = names["boot_cpu"]
    return first_wrong_register(state, table) or _stack_fault(state, names)


def _stack_fault(state: State, names: dict[str, int]) -> str:
    sp, low, high = state["sp"], names["stack_bottom"], names["stack_top"]
    if sp % 16:
        return f"SP is 0x{sp:x}: not a multiple of 16"
    return "" if low < sp <= high else f"SP is 0x{sp:x}: not in the stack, 0x{low:x}..0x{high:x}"


def bss_is_wiped_exactly(evidence: Evidence) -> str:
    """All of .bss is zero, and the memory on both sides still has its junk."""
    state = evidence.run.state("boot")
    if not state:
        return not_reached(evidence, "boot")
    names = symbols(evidence.image.read_bytes())
    start, end = names["bss_start"], names["bss_end"]
    bss = state.memory.read(start, end - start) or b""
    for offset, byte in enumerate(bss):
        if byte:
            return f"0x{start + offset:x}, {offset} bytes after bss_start, is 0x{byte:02x}"
    for low, high in ((names["data_end"], start), (end, names["stack_bottom"] + BELOW)):
        outside = state.memory.read(low, high - low) or b""
        for offset, byte in enumerate(outside):
            if byte != JUNK:
                return (f"0x{low + offset:x} is changed, outside .bss, which is"
                        f" 0x{start:x}..0x{end - 1:x}")
    return "" if bss else "the image has no .bss"


def vectors_are_installed(evidence: Evidence) -> str:
    state = evidence.run.state("vectors")
    if not state:
        return not_reached(evidence, "vectors")
    wanted = symbols(evidence.image.read_bytes()).get("hyp_vectors", 0)
    if wanted % 0x800:
        return f"hyp_vectors is at 0x{wanted:x}: not aligned to 2 KiB"
    return first_wrong_register(state, {"VBAR_EL2": wanted})
