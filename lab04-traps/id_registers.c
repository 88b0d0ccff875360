// SPDX-License-Identifier: MIT
/*
 * The ID registers that guests see. HCR_EL2.TID3 traps them, and EL2 shows only
 * the features that a guest can use: no SVE, SME, MTE, PMU, trace, RAS or EL2, all of
 * which trap. Arm ARM, the ID_AA64*_EL1 registers.
 */
#include "gicv3.h"
#include "stage2.h"
#include "sysreg_trap.h"

/* A nibble of an ID register: field `n` is bits 4n+3 to 4n. */
#define FIELD(n)	GENMASK(4 * (n) + 3, 4 * (n))

#define ID_AA64PFR0	ISS_SYS(3, 0, 0, 4, 0)
#define ID_AA64PFR1	ISS_SYS(3, 0, 0, 4, 1)
#define ID_AA64DFR0	ISS_SYS(3, 0, 0, 5, 0)
#define ID_AA64ISAR0	ISS_SYS(3, 0, 0, 6, 0)
#define ID_AA64ISAR1	ISS_SYS(3, 0, 0, 6, 1)
#define ID_AA64ISAR2	ISS_SYS(3, 0, 0, 6, 2)
#define ID_AA64MMFR0	ISS_SYS(3, 0, 0, 7, 0)
#define ID_AA64MMFR1	ISS_SYS(3, 0, 0, 7, 1)
#define ID_AA64MMFR2	ISS_SYS(3, 0, 0, 7, 2)

#define EL0_EL1_AARCH64	U64(0x11)	/* PFR0: AArch64 at EL0 and EL1 only */

/* The fields of pointer authentication: APA, API, GPA, GPI; GPA3, APA3, PAC_frac. */
#define ISAR1_PAUTH	(FIELD(1) | FIELD(2) | FIELD(6) | FIELD(7))
#define ISAR2_PAUTH	(FIELD(2) | FIELD(3) | FIELD(6))

/* Features that trap until lab 5 gives them to guests. */
static bool fp_is_trapped(void)
{
	return read_sysreg(cptr_el2) & CPTR_EL2_TFP;
}

static bool pauth_is_trapped(void)
{
	return !(read_sysreg(hcr_el2) & HCR_EL2_API);
}

static bool gic_is_trapped(void)
{
	return read_sysreg(ich_hcr_el2) & ICH_HCR_EL2_TC;
}

static uint64_t pa_range_of_guest(void)
{
	/* A guest's physical addresses are IPAs. */
	switch (s2_ipa_bits()) {
	case 32:	return 0;
	case 36:	return 1;
	default:	return 2;	/* 40 bits */
	}
}

uint64_t id_register_for_guest(uint64_t reg)
{
	uint64_t pfr0;

	switch (reg) {
	case ID_AA64PFR0:	/* DIT, CSV3; GIC, FP and AdvSIMD if not trapped */
		pfr0 = read_sysreg(id_aa64pfr0_el1) &
		       (FIELD(4) | FIELD(5) | FIELD(6) | FIELD(12) | FIELD(15));
		if ((pfr0 & ID_AA64PFR0_GIC) && gic_is_trapped())
			pfr0 &= ~ID_AA64PFR0_GIC;
		if (fp_is_trapped())
			pfr0 |= FIELD(4) | FIELD(5);	/* 0xf: not implemented */
		return EL0_EL1_AARCH64 | pfr0;
	case ID_AA64PFR1:	/* BT, SSBS */
		return read_sysreg(id_aa64pfr1_el1) & (FIELD(0) | FIELD(1));
	case ID_AA64DFR0:	/* DebugVer, which is never 0 */
		return read_sysreg(id_aa64dfr0_el1) & FIELD(0);
	case ID_AA64ISAR0:	/* all but TME */
		return read_sysreg(id_aa64isar0_el1) & ~FIELD(6);
	case ID_AA64ISAR1:	/* all but LS64 and XS, which HCRX_EL2 governs */
		return read_sysreg(id_aa64isar1_el1) &
		       ~(FIELD(15) | FIELD(14) |
			 (pauth_is_trapped() ? ISAR1_PAUTH : 0));
	case ID_AA64ISAR2:	/* RPRES, GPA3, APA3, PAC_frac */
		return read_sysreg(ID_AA64ISAR2_EL1) &
		       (FIELD(1) | (pauth_is_trapped() ? 0 : ISAR2_PAUTH));
	case ID_AA64MMFR0:	/* ASIDBits, BigEnd, BigEndEL0, TGran4, 16, 64 */
		return pa_range_of_guest() |
		       (read_sysreg(id_aa64mmfr0_el1) &
			(FIELD(1) | FIELD(2) | FIELD(4) | FIELD(5) | FIELD(6) |
			 FIELD(7)));
	case ID_AA64MMFR1:	/* HAFDBS, HPDS, PAN, SpecSEI, XNX */
		return read_sysreg(id_aa64mmfr1_el1) &
		       (FIELD(0) | FIELD(3) | FIELD(5) | FIELD(6) | FIELD(7));
	case ID_AA64MMFR2:	/* all but IESB, NV, FWB and EVT */
		return read_sysreg(id_aa64mmfr2_el1) &
		       ~(FIELD(3) | FIELD(6) | FIELD(10) | FIELD(14));
	default:
		return 0;	/* reserved, or for AArch32 */
	}
}
