/* SPDX-License-Identifier: MIT */
/*
 * System registers: access, and the fields that the kit uses. Field names are
 * those of the Arm ARM's register descriptions (chapter D, "AArch64 System
 * Register Descriptions"); the layout given for EL2 is that of HCR_EL2.E2H = 0.
 */
#ifndef SYSREG_H
#define SYSREG_H

#include "bits.h"

#ifndef __ASSEMBLER__
/*
 * Since version 18, clang without FP in its flags rejects FPCR and FPSR unless the
 * asm statement itself allows them.
 */
#ifdef __clang__
#define SYSREG_ALLOWED	".arch_extension fp\n\t"
#else
#define SYSREG_ALLOWED
#endif

/* `name` is a register's assembler name, or one of the aliases below. */
#define read_sysreg(name) ({						\
	uint64_t value_;						\
	__asm__ volatile(SYSREG_ALLOWED "mrs %0, " STRINGIFY(name)	\
			 : "=r"(value_) :: "memory");			\
	value_; })

#define write_sysreg(name, value)					\
	__asm__ volatile(SYSREG_ALLOWED "msr " STRINGIFY(name) ", %x0" \
			 :: "rZ"((uint64_t)(value)) : "memory")
#endif

/*
 * Registers that an Armv8.0 assembler does not know by name, spelled
 * S<op0>_<op1>_<CRn>_<CRm>_<op2> as the manual's encoding tables give them.
 */
#define APIAKEYLO_EL1	S3_0_C2_C1_0
#define APIAKEYHI_EL1	S3_0_C2_C1_1
#define APIBKEYLO_EL1	S3_0_C2_C1_2
#define APIBKEYHI_EL1	S3_0_C2_C1_3
#define APDAKEYLO_EL1	S3_0_C2_C2_0
#define APDAKEYHI_EL1	S3_0_C2_C2_1
#define APDBKEYLO_EL1	S3_0_C2_C2_2
#define APDBKEYHI_EL1	S3_0_C2_C2_3
#define APGAKEYLO_EL1	S3_0_C2_C3_0
#define APGAKEYHI_EL1	S3_0_C2_C3_1
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
#define HCRX_EL2	S3_4_C1_C2_2
#define HFGRTR_EL2	S3_4_C1_C1_4
#define HFGWTR_EL2	S3_4_C1_C1_5
#define HFGITR_EL2	S3_4_C1_C1_6
#define HDFGRTR_EL2	S3_4_C3_C1_4
#define HDFGWTR_EL2	S3_4_C3_C1_5
#define HAFGRTR_EL2	S3_4_C3_C1_6
#define HFGRTR2_EL2	S3_4_C3_C1_2
#define HFGWTR2_EL2	S3_4_C3_C1_3
#define HFGITR2_EL2	S3_4_C3_C1_7
#define HDFGRTR2_EL2	S3_4_C3_C1_0
#define HDFGWTR2_EL2	S3_4_C3_C1_1
#define VDISR_EL2	S3_4_C12_C1_1
#define MPAM2_EL2	S3_4_C10_C5_0
#define MPAM2_EL2_TRAPMPAM0EL1	BIT(49)
#define MPAM2_EL2_TRAPMPAM1EL1	BIT(48)

/* CurrentEL */
#define CURRENTEL_EL		GENMASK(3, 2)
#define CURRENTEL_EL1		(1 << 2)
#define CURRENTEL_EL2		(2 << 2)

/* DAIF, and the same bits in SPSR_ELx */
#define PSTATE_D		BIT(9)		/* debug exceptions masked */
#define PSTATE_A		BIT(8)		/* SError masked */
#define PSTATE_I		BIT(7)		/* IRQ masked */
#define PSTATE_F		BIT(6)		/* FIQ masked */
#define PSTATE_DAIF		(PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)

/* SPSR_ELx, exception taken from AArch64 */
#define SPSR_NZCV		GENMASK(31, 28)
#define SPSR_DIT		BIT(24)
#define SPSR_PAN		BIT(22)
#define SPSR_SS			BIT(21)
#define SPSR_IL			BIT(20)
#define SPSR_SSBS		BIT(12)
#define SPSR_BTYPE		GENMASK(11, 10)
#define SPSR_M_AARCH32		BIT(4)
#define SPSR_M			GENMASK(3, 0)
#define SPSR_M_EL0T		0x0
#define SPSR_M_EL1T		0x4
#define SPSR_M_EL1H		0x5
#define SPSR_M_EL2H		0x9

/* MPIDR_EL1: the four affinity fields; bit 31 is RES1, bit 24 is MT */
#define MPIDR_AFFINITY		(U64(0xff00ffffff))
#define MPIDR_RES1		BIT(31)

/* SCTLR_EL2. RES1 where no extension gives the bit a meaning. */
#define SCTLR_EL2_RES1		(BIT(29) | BIT(28) | BIT(23) | BIT(22) | \
				 BIT(18) | BIT(16) | BIT(11) | BIT(5) | BIT(4))
#define SCTLR_ELx_WXN		BIT(19)		/* writable is never executable */
#define SCTLR_ELx_I		BIT(12)		/* instruction fetches cacheable */
#define SCTLR_ELx_SA		BIT(3)		/* SP alignment checked */
#define SCTLR_ELx_C		BIT(2)		/* data accesses cacheable */
#define SCTLR_ELx_A		BIT(1)		/* alignment checked */
#define SCTLR_ELx_M		BIT(0)		/* stage 1 on */

/* SCTLR_EL1. RES1 where no extension gives the bit a meaning. */
#define SCTLR_EL1_RES1		(BIT(29) | BIT(28) | BIT(23) | BIT(22) | \
				 BIT(20) | BIT(11) | BIT(8) | BIT(7))
#define SCTLR_EL1_DSSBS		BIT(44)		/* SSBS on exception entry */
#define SCTLR_EL1_SPAN		BIT(23)		/* 0: PAN set on exception entry */
#define SCTLR_EL1_EnIA		BIT(31)		/* PACIA and AUTIA work */
#define SCTLR_EL1_EnIB		BIT(30)
#define SCTLR_EL1_EnDA		BIT(27)
#define SCTLR_EL1_EnDB		BIT(13)
#define SCTLR_EL1_SA0		BIT(4)

/* CPACR_EL1: accesses that do not trap to EL1 */
#define CPACR_EL1_FPEN		GENMASK(21, 20)
#define CPACR_EL1_ZEN		GENMASK(17, 16)

/* HCR_EL2 */
#define HCR_EL2_API		BIT(41)		/* PAuth instructions not trapped */
#define HCR_EL2_APK		BIT(40)		/* PAuth key registers not trapped */
#define HCR_EL2_TERR		BIT(36)		/* RAS error records trapped */
#define HCR_EL2_TLOR		BIT(35)		/* LORegions trapped */
#define HCR_EL2_RW		BIT(31)		/* EL1 is AArch64 */
#define HCR_EL2_TDZ		BIT(28)
#define HCR_EL2_TGE		BIT(27)
#define HCR_EL2_TSW		BIT(22)		/* set/way maintenance trapped */
#define HCR_EL2_TACR		BIT(21)		/* ACTLR_EL1 trapped */
#define HCR_EL2_TIDCP		BIT(20)		/* IMPLEMENTATION DEFINED trapped */
#define HCR_EL2_TSC		BIT(19)		/* SMC trapped */
#define HCR_EL2_TID3		BIT(18)		/* ID registers, group 3, trapped */
#define HCR_EL2_TWE		BIT(14)		/* WFE trapped */
#define HCR_EL2_TWI		BIT(13)		/* WFI trapped */
#define HCR_EL2_DC		BIT(12)
#define HCR_EL2_AMO		BIT(5)		/* SError taken to EL2 */
#define HCR_EL2_IMO		BIT(4)		/* IRQ taken to EL2 */
#define HCR_EL2_FMO		BIT(3)		/* FIQ taken to EL2 */
#define HCR_EL2_SWIO		BIT(1)		/* set/way invalidate also cleans */
#define HCR_EL2_VM		BIT(0)		/* stage 2 on */

/* CPTR_EL2. SVE gives bit 8 its meaning TZ, SME gives bit 12 TSM. */
#define CPTR_EL2_RES1		(BIT(13) | BIT(9) | U64(0xff))
#define CPTR_EL2_TAM		BIT(30)		/* activity monitors trapped */
#define CPTR_EL2_TTA		BIT(20)		/* trace registers trapped */
#define CPTR_EL2_TSM		BIT(12)		/* SME trapped, else RES1 */
#define CPTR_EL2_TFP		BIT(10)		/* FP and SIMD trapped */
#define CPTR_EL2_TZ		BIT(8)		/* SVE trapped, else RES1 */

/* MDCR_EL2 */
#define MDCR_EL2_TTRF		BIT(19)		/* trace filter trapped */
#define MDCR_EL2_TPMS		BIT(14)		/* statistical profiling trapped */
#define MDCR_EL2_TDRA		BIT(11)		/* debug ROM address trapped */
#define MDCR_EL2_TDOSA		BIT(10)		/* OS-related debug trapped */
#define MDCR_EL2_TDA		BIT(9)		/* other debug trapped */
#define MDCR_EL2_TPM		BIT(6)		/* performance monitors trapped */
#define MDCR_EL2_TPMCR		BIT(5)		/* PMCR_EL0 trapped */
#define MDCR_EL2_HPMN		GENMASK(4, 0)	/* event counters of the guests */
/* PMCR_EL0.N. MDCR_EL2.HPMN has the same width, at bit 0. */
#define PMCR_EL0_N_SHIFT	11
#define PMCR_EL0_N_WIDTH	5

/* CNTHCTL_EL2 */
#define CNTHCTL_EL2_EL1PCEN	BIT(1)		/* EL1 may use CNTP_* */
#define CNTHCTL_EL2_EL1PCTEN	BIT(0)		/* EL1 may read CNTPCT */

/* CNTHP_CTL_EL2, CNTV_CTL_EL0 */
#define CNT_CTL_ISTATUS		BIT(2)		/* the condition is met */
#define CNT_CTL_IMASK		BIT(1)		/* no interrupt from it */
#define CNT_CTL_ENABLE		BIT(0)

/* ID registers */
#define ID_AA64MMFR0_PARANGE	GENMASK(3, 0)
#define ID_AA64MMFR0_TGRAN4	GENMASK(31, 28)	/* 0xf: not implemented */
#define ID_AA64MMFR0_FGT	GENMASK(59, 56)
#define ID_AA64ISAR1_API	GENMASK(11, 8)	/* pointer authentication, by one */
#define ID_AA64ISAR1_APA	GENMASK(7, 4)	/* of three algorithms */
#define ID_AA64ISAR2_APA3	GENMASK(15, 12)
#define ID_AA64PFR0_RAS		GENMASK(31, 28)
#define ID_AA64PFR0_GIC		GENMASK(27, 24)	/* has system registers */
#define ID_AA64PFR1_SME		GENMASK(27, 24)
/* For assembly: the lowest bit of a field. */
#define ID_AA64MMFR0_FGT_SHIFT	56
#define ID_AA64MMFR1_HCX_SHIFT	40
#define ID_AA64PFR0_AMU_SHIFT	44
#define ID_AA64PFR0_MPAM_SHIFT	40
#define ID_AA64DFR0_PMUVER_SHIFT 8

/* PAR_EL1, the result of an AT instruction */
#define PAR_EL1_F		BIT(0)		/* the translation failed */
#define PAR_EL1_FST		GENMASK(6, 1)	/* F = 1: fault status code */
#define PAR_EL1_S		BIT(9)		/* F = 1: in stage 2 */
#define PAR_EL1_PA		GENMASK(51, 12)	/* F = 0; 51 to 48: FEAT_LPA, else 0 */
#define PAR_EL1_ATTR		GENMASK(63, 56)	/* F = 0 */

/* TCR_EL2, VTCR_EL2 and TCR_EL1: the fields they share */
#define TCR_T0SZ		GENMASK(5, 0)	/* 64 - input address bits */
#define TCR_IRGN0_WBWA		(U64(1) << 8)	/* table walks: inner */
#define TCR_ORGN0_WBWA		(U64(1) << 10)	/* and outer write-back */
#define TCR_SH0_INNER		(U64(3) << 12)	/* Inner Shareable */
#define TCR_TG0_4K		(U64(0) << 14)
#define TCR_EL2_PS		GENMASK(18, 16)	/* also VTCR_EL2.PS */
#define TCR_EL2_RES1		(BIT(31) | BIT(23))
#define TCR_EL1_EPD1		BIT(23)		/* no walks by TTBR1 */
#define TCR_EL1_IPS		GENMASK(34, 32)
#define VTCR_EL2_SL0		GENMASK(7, 6)	/* 4 KiB: 0, 1, 2 = level 2, 1, 0 */
#define VTCR_EL2_RES1		BIT(31)
#define VTTBR_EL2_VMID		GENMASK(55, 48)	/* VTCR_EL2.VS = 0: 8 bits */
#define VTTBR_EL2_BADDR		GENMASK(47, 1)

/* HPFAR_EL2: bits 51 to 12 of the faulting IPA */
#define HPFAR_EL2_FIPA		GENMASK(43, 4)

#endif
