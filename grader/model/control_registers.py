# SPDX-License-Identifier: MIT
"""The registers that `hyp regs` shows, and what their fields mean.

Arm ARM, "AArch64 System Register Descriptions"; for EL2 with HCR_EL2.E2H = 0. Names are
those of common/include/sysreg.h.
"""

from __future__ import annotations

from collections.abc import Callable

from .bit_fields import Field, describe, flag
from .descriptor import MAIR
from .syndrome import Syndrome

LEVELS = {0x0: "EL0t", 0x4: "EL1t", 0x5: "EL1h", 0x8: "EL2t", 0x9: "EL2h", 0xC: "EL3t", 0xD: "EL3h"}
PA_BITS = {0: 32, 1: 36, 2: 40, 3: 42, 4: 44, 5: 48, 6: 52}


def input_bits(t0sz: int) -> str:
    return f"{64 - t0sz} bits of input address"


def _pa_bits(value: int) -> str:
    return f"{PA_BITS[value]} bits of PA" if value in PA_BITS else "reserved"


SCTLR = (
    flag("M", 0, "MMU on", "MMU off"), flag("A", 1, "alignment checked"),
    flag("C", 2, "data cached", "data not cached"), flag("SA", 3, "SP alignment checked"),
    flag("I", 12, "fetches cached", "fetches not cached"),
    flag("WXN", 19, "writable is never executable"),
)
SCTLR_EL1 = (*SCTLR, flag("EnIA", 31, "PACIA works"), flag("EnIB", 30, "PACIB works"))
CACHES = (
    Field("IRGN0", 9, 8, {0: "walks inner non-cacheable", 1: "walks inner write-back",
                          2: "walks inner write-through",
                          3: "walks inner write-back, no allocate"}),
    Field("ORGN0", 11, 10, {0: "outer non-cacheable", 1: "outer write-back",
                            2: "outer write-through", 3: "outer write-back, no allocate"}),
    Field("SH0", 13, 12, {0: "non-shareable", 2: "outer shareable", 3: "inner shareable"}),
    Field("TG0", 15, 14, {0: "4 KiB granule", 1: "64 KiB granule", 2: "16 KiB granule"}),
)
T0SZ = Field("T0SZ", 5, 0, input_bits)
TCR_EL2 = (T0SZ, *CACHES, Field("PS", 18, 16, _pa_bits))
VTCR_EL2 = (T0SZ, Field("SL0", 7, 6, {0: "walks start at level 2", 1: "walks start at level 1",
                                      2: "walks start at level 0"}),
            *CACHES, Field("PS", 18, 16, _pa_bits))
TCR_EL1 = (T0SZ, flag("EPD0", 7, "no walks by TTBR0"), *CACHES, Field("T1SZ", 21, 16),
           flag("EPD1", 23, "no walks by TTBR1"), Field("IPS", 34, 32, _pa_bits))
HCR = (
    flag("VM", 0, "stage 2 on", "stage 2 off"), flag("SWIO", 1, "set/way invalidate also cleans"),
    flag("FMO", 3, "FIQ taken to EL2", "FIQ not taken to EL2"),
    flag("IMO", 4, "IRQ taken to EL2", "IRQ not taken to EL2"),
    flag("AMO", 5, "SError taken to EL2", "SError not taken to EL2"),
    flag("DC", 12), flag("TWI", 13, "WFI traps", "WFI does not trap"),
    flag("TWE", 14, "WFE traps"), flag("TID3", 18, "ID registers trap", "ID registers do not trap"),
    flag("TSC", 19, "SMC traps", "SMC does not trap"), flag("TIDCP", 20), flag("TACR", 21),
    flag("TSW", 22), flag("TGE", 27, "there is no EL1"),
    flag("RW", 31, "EL1 is AArch64", "EL1 is AArch32"), flag("TLOR", 35), flag("TERR", 36),
    flag("APK", 40, "key registers do not trap", "key registers trap"),
    flag("API", 41, "PAuth instructions do not trap", "PAuth instructions trap"),
)
CPTR = (flag("TZ", 8, "SVE traps"), flag("TFP", 10, "FP and SIMD trap", "FP and SIMD do not trap"),
        flag("TSM", 12, "SME traps"), flag("TTA", 20, "trace traps"), flag("TAM", 30, "AMU traps"))
CPACR = (Field("FPEN", 21, 20, {0: "FP traps at EL1 and EL0", 1: "FP traps at EL0",
                                2: "FP traps at EL1 and EL0", 3: "FP does not trap"}),)
PSTATE = (
    Field("M", 3, 0, LEVELS), flag("M[4]", 4, "AArch32"), flag("F", 6, "FIQ masked"),
    flag("I", 7, "IRQ masked"), flag("A", 8, "SError masked"), flag("D", 9, "debug masked"),
    Field("BTYPE", 11, 10), flag("IL", 20, "illegal state"), flag("SS", 21, "software step"),
    flag("PAN", 22), Field("NZCV", 31, 28, lambda value: f"0b{value:04b}"),
)
TIMER = (flag("ENABLE", 0, "on", "off"), flag("IMASK", 1, "masked"),
         flag("ISTATUS", 2, "the condition is met"))


def fields(table: tuple[Field, ...]) -> Callable[[int], list[str]]:
    return lambda value: describe(value, table)


def mair(value: int) -> list[str]:
    """Return the eight bytes up to the last one that is not 0."""
    used = max(1, (value.bit_length() + 7) // 8)
    attributes = [value >> 8 * index & 0xFF for index in range(used)]
    return [f"Attr{n}=0x{a:02x} ({MAIR.get(a, 'other')})" for n, a in enumerate(attributes)]


def vttbr(value: int) -> list[str]:
    if value == 0:
        return ["no table, VMID 0"]
    return [f"VMID={value >> 48 & 0xFF}", f"table at 0x{value & (1 << 48) - 2:x}"]


def _ttbr(value: int) -> list[str]:
    return [f"table at 0x{value & (1 << 48) - 2:x}", f"ASID={value >> 48}"]


def hpfar(value: int) -> list[str]:
    return [f"FIPA: the page at IPA 0x{ipa(value):x}"]


def ipa(value: int) -> int:
    """The page that HPFAR_EL2 names: FIPA, from bit 4 on, is the IPA from bit 12 on."""
    return (value >> 4 & (1 << 40) - 1) << 12


def syndrome(value: int) -> list[str]:
    return [Syndrome(value).summary]


def nothing(value: int) -> list[str]:
    return []


Decoder = Callable[[int], list[str]]

EL2: dict[str, Decoder] = {
    "SCTLR_EL2": fields(SCTLR), "TCR_EL2": fields(TCR_EL2), "MAIR_EL2": mair, "TTBR0_EL2": _ttbr,
    "VBAR_EL2": nothing, "TPIDR_EL2": nothing,
    "HCR_EL2": fields(HCR), "CPTR_EL2": fields(CPTR), "VTCR_EL2": fields(VTCR_EL2),
    "VTTBR_EL2": vttbr,
    "ESR_EL2": syndrome, "FAR_EL2": nothing, "HPFAR_EL2": hpfar, "ELR_EL2": nothing,
    "SPSR_EL2": fields(PSTATE), "CNTVOFF_EL2": nothing,
    "CNTHP_CTL_EL2": fields(TIMER), "CNTHP_CVAL_EL2": nothing,
}
EL1: dict[str, Decoder] = {
    "SCTLR_EL1": fields(SCTLR_EL1), "TCR_EL1": fields(TCR_EL1), "MAIR_EL1": mair,
    "TTBR0_EL1": _ttbr, "TTBR1_EL1": _ttbr, "VBAR_EL1": nothing, "CPACR_EL1": fields(CPACR),
    "ESR_EL1": syndrome, "FAR_EL1": nothing, "ELR_EL1": nothing, "SPSR_EL1": fields(PSTATE),
    "SP_EL0": nothing, "SP_EL1": nothing, "CNTV_CTL_EL0": fields(TIMER), "CNTV_CVAL_EL0": nothing,
}
