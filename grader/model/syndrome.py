# SPDX-License-Identifier: MIT
"""Decode ESR_ELx, the syndrome of an exception, for people. Arm ARM, "ESR_EL2".

`hyp esr`, `hyp regs` and `make explain` use it. Names are those of common/include/esr.h.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import sysreg_names
from .bit_fields import Field, flag

UNKNOWN, WFX, FP, PAUTH, LS64, BTI, ILLEGAL = 0x00, 0x01, 0x07, 0x09, 0x0A, 0x0D, 0x0E
SVC64, HVC64, SMC64, SYSREG, SVE, TSTART, SME = 0x15, 0x16, 0x17, 0x18, 0x19, 0x1B, 0x1D
IABT_LOWER, IABT_SAME, PC_ALIGN, DABT_LOWER, DABT_SAME, SP_ALIGN = (0x20, 0x21, 0x22, 0x24, 0x25,
                                                                    0x26)
SERROR, BRK64 = 0x2F, 0x3C
IL = 1 << 25  # instruction length, which EL2's exception reports do not contain

CLASSES = {
    UNKNOWN: "unknown reason",
    WFX: "WFx trapped",
    FP: "FP/SIMD access trapped",
    PAUTH: "pointer authentication trapped",
    LS64: "64-byte load or store trapped",
    BTI: "branch target exception",
    ILLEGAL: "illegal execution state",
    SVC64: "SVC64",
    HVC64: "HVC64",
    SMC64: "SMC64",
    SYSREG: "system register access trapped",
    SVE: "SVE access trapped",
    TSTART: "TSTART trapped",
    SME: "SME access trapped",
    IABT_LOWER: "instruction abort from a lower EL",
    IABT_SAME: "instruction abort from the same EL",
    PC_ALIGN: "PC alignment fault",
    DABT_LOWER: "data abort from a lower EL",
    DABT_SAME: "data abort from the same EL",
    SP_ALIGN: "SP alignment fault",
    SERROR: "SError",
    BRK64: "BRK64",
}

# The names of `[exits]` in lab 6. After the 64 classes come those without a syndrome.
SHORT = {
    UNKNOWN: "unknown", WFX: "wfx", FP: "fp", PAUTH: "pauth", HVC64: "hvc", SMC64: "smc",
    SYSREG: "sysreg", SVE: "sve", SME: "sme", IABT_LOWER: "instruction abort",
    DABT_LOWER: "data abort", 64: "irq", 65: "fiq", 66: "serror",
}

# Fault status codes without their level: bits 5 to 2.
FAULTS = {0x00: "address size fault", 0x04: "translation fault", 0x08: "access flag fault",
          0x0C: "permission fault", 0x14: "external abort on a table walk"}
EXACT = {0x10: "external abort", 0x21: "alignment fault", 0x30: "TLB conflict abort"}

IMM16 = Field("imm16", 15, 0, lambda value: f"the instruction's immediate, #0x{value:x}")
DATA_ABORT = (
    flag("ISV", 24, "SAS, SSE, SRT, SF and AR are valid",
         "they are not valid: no load or store of one register"),
    Field("SAS", 23, 22, {0: "1 byte", 1: "2 bytes", 2: "4 bytes", 3: "8 bytes"}),
    flag("SSE", 21, "the load sign-extends", "no sign extension"),
    Field("SRT", 20, 16, lambda n: "xzr, the zero register" if n == 31 else f"x{n} or w{n}"),
    flag("SF", 15, "a 64-bit register", "a 32-bit register"),
    flag("AR", 14, "acquire or release", "neither acquire nor release"),
)
ABORT = (
    flag("FnV", 10, "FAR is not valid", "FAR is valid"),
    flag("EA", 9, "IMPLEMENTATION DEFINED type of an external abort", "no external abort's type"),
    flag("S1PTW", 7, "on a stage-2 translation for a stage-1 table walk",
         "not on a table walk of stage 1"),
)
WNR = flag("WnR", 6, "a write", "a read")
CM = flag("CM", 8, "by cache maintenance or an address translation instruction",
          "by a load or store")
SYSTEM = (
    Field("Op0", 21, 20), Field("Op2", 19, 17), Field("Op1", 16, 14), Field("CRn", 13, 10),
    Field("Rt", 9, 5, lambda n: "xzr" if n == 31 else f"x{n}"), Field("CRm", 4, 1),
    flag("Direction", 0, "MRS, a read", "MSR, a write"),
)
WAITS = Field("TI", 1, 0, {0: "WFI", 1: "WFE", 2: "WFIT", 3: "WFET"})


@dataclass(frozen=True)
class Syndrome:
    """A value of ESR_ELx and its fields."""

    value: int

    @property
    def ec(self) -> int:
        return self.value >> 26 & 0x3F

    @property
    def iss(self) -> int:
        return self.value & 0x1FFFFFF

    @property
    def name(self) -> str:
        return CLASSES.get(self.ec, "reserved")

    @property
    def is_data_abort(self) -> bool:
        return self.ec in (DABT_LOWER, DABT_SAME)

    @property
    def is_abort(self) -> bool:
        return self.is_data_abort or self.ec in (IABT_LOWER, IABT_SAME)

    @property
    def from_lower(self) -> bool:
        return self.ec in (IABT_LOWER, DABT_LOWER)

    @property
    def on_walk(self) -> bool:
        return self.is_abort and bool(self.iss >> 7 & 1)

    @property
    def writes(self) -> bool:
        return self.is_data_abort and bool(self.iss >> 6 & 1)

    @property
    def access(self) -> str:
        """The kind of access, as a noun."""
        if not self.is_data_abort:
            return "instruction fetch"
        return "write" if self.writes else "read"

    @property
    def fault(self) -> str:
        """The fault of the fault status code, without its level."""
        code = self.iss & 0x3F
        return EXACT.get(code) or FAULTS.get(code & 0x3C) or "other fault"

    @property
    def level(self) -> int | None:
        """The table level of the fault, if the code has one."""
        code = self.iss & 0x3F
        return code & 3 if code < 0x10 or code & 0x3C == 0x14 else None

    @property
    def register(self) -> str:
        """The register of a trapped system register access."""
        op0, op2, op1, crn, _, crm, _ = (field.of(self.iss) for field in SYSTEM)
        return sysreg_names.name((op0, op1, crn, crm, op2))

    @property
    def summary(self) -> str:
        """"data abort from a lower EL: a write, translation fault, level 3"."""
        if self.is_abort:
            level = "" if self.level is None else f", level {self.level}"
            return f"{self.name}: {self.access}, {self.fault}{level}"
        if self.ec == SYSREG:
            return f"{self.name}: {'MRS' if self.iss & 1 else 'MSR'} {self.register}"
        if self.ec in (SVC64, HVC64, SMC64, BRK64):
            return f"{self.name}: #0x{IMM16.of(self.iss):x}"
        return self.name

    def fields(self) -> list[Field]:
        """The fields of the ISS for this exception class."""
        if self.is_data_abort:
            always = [ABORT[0], ABORT[1], CM, ABORT[2], WNR]
            # Only ISV = 1 makes the syndrome of the instruction valid.
            return [*(DATA_ABORT if self.iss >> 24 & 1 else DATA_ABORT[:1]), *always]
        if self.is_abort:
            return list(ABORT)
        if self.ec == SYSREG:
            return list(SYSTEM)
        if self.ec == WFX:
            return [WAITS]
        return [IMM16] if self.ec in (SVC64, HVC64, SMC64, BRK64) else []

    def lines(self) -> list[str]:
        """Return one line for each field."""
        found = [f"ESR 0x{self.value:016x}: {self.summary}",
                 f"  EC     0x{self.ec:02x}  {self.name}",
                 f"  IL     {self.value >> 25 & 1}     "
                 f"{'a 32-bit instruction' if self.value >> 25 & 1 else 'a 16-bit instruction'}",
                 f"  ISS    0x{self.iss:07x}"]
        for field in self.fields():
            value = field.of(self.iss)
            found.append(f"    {field.name:<9} {value:<6} {field.meaning(value)}".rstrip())
        if self.is_abort:
            level = "" if self.level is None else f", level {self.level}"
            code = "DFSC" if self.is_data_abort else "IFSC"
            found.append(f"    {code:<9} 0x{self.iss & 0x3F:02x}   {self.fault}{level}")
        if self.ec == SYSREG:
            found.append(f"    that is   {self.register}")
        return found
