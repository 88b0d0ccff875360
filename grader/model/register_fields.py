# SPDX-License-Identifier: MIT
"""Decode system registers: their fields, with the names of the Arm ARM.

HCR_EL2.E2H is always 0, so CPTR_EL2 and CNTHCTL_EL2 have their nVHE layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# "NAME bit" or "NAME high:low"; see "AArch64 System Register Descriptions".
PSTATE = "N 31, Z 30, C 29, V 28, DIT 24, PAN 22, SS 21, IL 20, SSBS 12, D 9, A 8, I 7, F 6, M 3:0"
TIMER = "ENABLE 0, IMASK 1, ISTATUS 2"
WALK = "T0SZ 5:0, IRGN0 9:8, ORGN0 11:10, SH0 13:12, TG0 15:14, PS 18:16"
LAYOUTS = {
    "cpsr": PSTATE,
    "SPSR_EL2": PSTATE,
    "SCTLR_EL2": "M 0, A 1, C 2, SA 3, I 12, WXN 19, EE 25",
    "SCTLR_EL1": "M 0, A 1, C 2, SA 3, SA0 4, I 12, EnDB 13, WXN 19, SPAN 23, EE 25, EnDA 27,"
    " EnIB 30, EnIA 31",
    "HCR_EL2": "VM 0, SWIO 1, FMO 3, IMO 4, AMO 5, DC 12, TWI 13, TWE 14, TID3 18, TSC 19,"
    " TIDCP 20, TACR 21, TSW 22, TGE 27, TDZ 28, RW 31, E2H 34, TLOR 35, TERR 36, APK 40, API 41",
    "CPTR_EL2": "TZ 8, TFP 10, TSM 12, TTA 20, TAM 30",
    "MDCR_EL2": "HPMN 4:0, TPMCR 5, TPM 6, HPME 7, TDE 8, TDA 9, TDOSA 10, TDRA 11, TPMS 14,"
    " TTRF 19",
    "CNTHCTL_EL2": "EL1PCTEN 0, EL1PCEN 1",
    "TCR_EL2": WALK,
    "VTCR_EL2": WALK.replace("IRGN0", "SL0 7:6, IRGN0"),
    "TTBR0_EL2": "BADDR 47:1",
    "VTTBR_EL2": "VMID 55:48, BADDR 47:1",
    "MAIR_EL2": ", ".join(f"Attr{n} {8 * n + 7}:{8 * n}" for n in range(8)),
    "ESR_EL2": "EC 31:26, IL 25, ISS 24:0",
    "HPFAR_EL2": "FIPA 43:4",
    "CNTHP_CTL_EL2": TIMER,
    "CNTV_CTL_EL0": TIMER,
    "ID_AA64MMFR0_EL1": "PARange 3:0, TGran4 31:28, FGT 59:56",
}
# Fields that are bits 47 to 1, or 51 to 12, of an address: shown as that address.
ADDRESSES = {"BADDR": 1, "FIPA": 12}
IN_HEXADECIMAL = ("EC", "ISS")
POINTERS = ("pc", "sp", "VBAR_EL2", "TPIDR_EL2", "ELR_EL2", "FAR_EL2")
MODES = {0: "EL0t", 4: "EL1t", 5: "EL1h", 8: "EL2t", 9: "EL2h"}


@dataclass(frozen=True)
class Field:
    """Bits `high` to `low` of a register."""

    name: str
    high: int
    low: int

    @property
    def mask(self) -> int:
        return (1 << self.high + 1) - (1 << self.low)

    def of(self, value: int) -> int:
        return (value & self.mask) >> self.low

    def text(self, value: int) -> str:
        """Describe the field; return nothing for a bit or unused attribute that is 0."""
        number = self.of(value)
        if self.high == self.low:
            return self.name if number else ""
        if self.name in ADDRESSES:
            return f"{self.name} 0x{number << ADDRESSES[self.name]:x}"
        if self.name == "M":
            return MODES.get(number, f"M {number}")
        if self.name.startswith("Attr"):
            return f"{self.name} 0x{number:02x}" if number else ""
        return f"{self.name} " + (f"0x{number:x}" if self.name in IN_HEXADECIMAL else str(number))


def fields(register: str) -> list[Field]:
    """Return a register's fields, the highest first; none for an unknown register."""
    found = []
    for words in filter(None, LAYOUTS.get(register, "").split(", ")):
        name, _, bits = words.partition(" ")
        high, _, low = bits.partition(":")
        found.append(Field(name, int(high), int(low or high)))
    return sorted(found, key=lambda field: field.low, reverse=True)


def decoded(register: str, value: int, names: Mapping[str, int]) -> str:
    """Describe a register's value. `names` are the symbols of the image."""
    if register in POINTERS:
        return symbol(value, names)
    layout = fields(register)
    if not layout or not value:
        return ""
    words = [text for field in layout if (text := field.text(value))]
    others = value & ~sum(field.mask for field in layout)
    return ", ".join([*words, f"others 0x{others:x}"] if others else words)


def symbol(value: int, names: Mapping[str, int]) -> str:
    """Return the symbol of an address in the image, or nothing."""
    if not names.get("text_start", value + 1) <= value <= names.get("image_end", 0):
        return ""
    below = [(at, name) for name, at in names.items() if at <= value and not name.startswith("$")]
    # Of several names for one address prefer the object's to the section's.
    at, name = max(below, key=lambda it: (it[0], not it[1].endswith(("_start", "_end")), it[1]))
    return f"{name} + 0x{value - at:x}" if value > at else name
