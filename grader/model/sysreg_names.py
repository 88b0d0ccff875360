# SPDX-License-Identifier: MIT
"""Names of system registers by their encoding: op0, op1, CRn, CRm, op2.

Arm ARM, "System register encoding" and the encoding tables of each register. Here are
those that the kit's code moves or a guest may ask for; any other gets the name that an
assembler takes, S<op0>_<op1>_C<CRn>_C<CRm>_<op2>.
"""

from __future__ import annotations

Encoding = tuple[int, int, int, int, int]

NAMES: dict[Encoding, str] = {
    (2, 0, 0, 2, 2): "MDSCR_EL1", (2, 0, 1, 0, 4): "OSLAR_EL1", (2, 0, 1, 3, 4): "OSDLR_EL1",
    (3, 0, 0, 0, 0): "MIDR_EL1", (3, 0, 0, 0, 5): "MPIDR_EL1",
    (3, 0, 0, 4, 0): "ID_AA64PFR0_EL1", (3, 0, 0, 4, 1): "ID_AA64PFR1_EL1",
    (3, 0, 0, 5, 0): "ID_AA64DFR0_EL1", (3, 0, 0, 6, 0): "ID_AA64ISAR0_EL1",
    (3, 0, 0, 6, 1): "ID_AA64ISAR1_EL1", (3, 0, 0, 6, 2): "ID_AA64ISAR2_EL1",
    (3, 0, 0, 7, 0): "ID_AA64MMFR0_EL1", (3, 0, 0, 7, 1): "ID_AA64MMFR1_EL1",
    (3, 0, 0, 7, 2): "ID_AA64MMFR2_EL1",
    (3, 0, 1, 0, 0): "SCTLR_EL1", (3, 0, 1, 0, 1): "ACTLR_EL1", (3, 0, 1, 0, 2): "CPACR_EL1",
    (3, 0, 2, 0, 0): "TTBR0_EL1", (3, 0, 2, 0, 1): "TTBR1_EL1", (3, 0, 2, 0, 2): "TCR_EL1",
    (3, 0, 2, 1, 0): "APIAKEYLO_EL1", (3, 0, 2, 1, 1): "APIAKEYHI_EL1",
    (3, 0, 2, 1, 2): "APIBKEYLO_EL1", (3, 0, 2, 1, 3): "APIBKEYHI_EL1",
    (3, 0, 2, 2, 0): "APDAKEYLO_EL1", (3, 0, 2, 2, 1): "APDAKEYHI_EL1",
    (3, 0, 2, 2, 2): "APDBKEYLO_EL1", (3, 0, 2, 2, 3): "APDBKEYHI_EL1",
    (3, 0, 2, 3, 0): "APGAKEYLO_EL1", (3, 0, 2, 3, 1): "APGAKEYHI_EL1",
    (3, 0, 4, 0, 0): "SPSR_EL1", (3, 0, 4, 0, 1): "ELR_EL1", (3, 0, 4, 1, 0): "SP_EL0",
    (3, 0, 5, 1, 0): "AFSR0_EL1", (3, 0, 5, 1, 1): "AFSR1_EL1",
    (3, 0, 5, 2, 0): "ESR_EL1", (3, 0, 6, 0, 0): "FAR_EL1", (3, 0, 7, 4, 0): "PAR_EL1",
    (3, 0, 10, 2, 0): "MAIR_EL1", (3, 0, 10, 3, 0): "AMAIR_EL1",
    (3, 0, 12, 0, 0): "VBAR_EL1", (3, 0, 4, 6, 0): "ICC_PMR_EL1",
    (3, 0, 12, 11, 1): "ICC_DIR_EL1", (3, 0, 12, 11, 5): "ICC_SGI1R_EL1",
    (3, 0, 12, 12, 0): "ICC_IAR1_EL1", (3, 0, 12, 12, 1): "ICC_EOIR1_EL1",
    (3, 0, 12, 12, 3): "ICC_BPR1_EL1", (3, 0, 12, 12, 4): "ICC_CTLR_EL1",
    (3, 0, 12, 12, 5): "ICC_SRE_EL1", (3, 0, 12, 12, 7): "ICC_IGRPEN1_EL1",
    (3, 0, 13, 0, 1): "CONTEXTIDR_EL1", (3, 0, 13, 0, 4): "TPIDR_EL1",
    (3, 0, 14, 1, 0): "CNTKCTL_EL1", (3, 2, 0, 0, 0): "CSSELR_EL1",
    (3, 3, 0, 0, 1): "CTR_EL0", (3, 3, 4, 4, 0): "FPCR", (3, 3, 4, 4, 1): "FPSR",
    (3, 3, 9, 12, 0): "PMCR_EL0", (3, 3, 13, 0, 2): "TPIDR_EL0", (3, 3, 13, 0, 3): "TPIDRRO_EL0",
    (3, 3, 14, 0, 0): "CNTFRQ_EL0", (3, 3, 14, 0, 1): "CNTPCT_EL0", (3, 3, 14, 0, 2): "CNTVCT_EL0",
    (3, 3, 14, 2, 0): "CNTP_TVAL_EL0", (3, 3, 14, 2, 1): "CNTP_CTL_EL0",
    (3, 3, 14, 2, 2): "CNTP_CVAL_EL0", (3, 3, 14, 3, 0): "CNTV_TVAL_EL0",
    (3, 3, 14, 3, 1): "CNTV_CTL_EL0", (3, 3, 14, 3, 2): "CNTV_CVAL_EL0",
    (3, 4, 1, 1, 0): "HCR_EL2", (3, 4, 4, 0, 0): "SPSR_EL2", (3, 4, 4, 0, 1): "ELR_EL2",
    (3, 4, 4, 1, 0): "SP_EL1", (3, 4, 12, 1, 1): "VDISR_EL2", (3, 4, 13, 0, 2): "TPIDR_EL2",
    (3, 4, 12, 8, 0): "ICH_AP0R0_EL2", (3, 4, 12, 9, 0): "ICH_AP1R0_EL2",
    (3, 4, 12, 11, 7): "ICH_VMCR_EL2", (3, 4, 12, 12, 0): "ICH_LR0_EL2",
    (3, 4, 12, 12, 1): "ICH_LR1_EL2", (3, 4, 12, 12, 2): "ICH_LR2_EL2",
}


def name(encoding: Encoding) -> str:
    op0, op1, crn, crm, op2 = encoding
    return NAMES.get(encoding, f"S{op0}_{op1}_C{crn}_C{crm}_{op2}")


def read_by(instruction: int) -> str:
    """The register that an MRS reads; nothing for another instruction (Arm ARM, "MRS")."""
    if instruction & 0xFFF00000 != 0xD5300000:
        return ""
    fields = ((19, 1), (16, 7), (12, 15), (8, 15), (5, 7))
    op0, op1, crn, crm, op2 = (instruction >> low & mask for low, mask in fields)
    return name((op0 + 2, op1, crn, crm, op2))
