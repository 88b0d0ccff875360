/* SPDX-License-Identifier: MIT */
/*
 * ESR_ELx, the syndrome of an exception. Arm ARM, "ESR_EL2, Exception Syndrome
 * Register (EL2)"; names and order are the manual's.
 */
#ifndef ESR_H
#define ESR_H

#include "bits.h"
#ifndef __ASSEMBLER__
#include <stdbool.h>
#endif

#define ESR_ELx_EC		GENMASK(31, 26)	/* exception class */
#define ESR_ELx_IL		BIT(25)		/* a 32-bit instruction */
#define ESR_ELx_ISS		GENMASK(24, 0)	/* details, by class */

/* Exception classes (EC). */
#define EC_UNKNOWN		0x00	/* no other class: undefined, mostly */
#define EC_WFX			0x01	/* WFI, WFE, WFIT or WFET trapped */
#define EC_FP			0x07	/* FP, SIMD or SVE access trapped */
#define EC_PAUTH		0x09	/* pointer authentication trapped */
#define EC_LS64			0x0a	/* 64-byte load or store trapped */
#define EC_BTI			0x0d	/* branch target exception */
#define EC_ILLEGAL		0x0e	/* illegal execution state */
#define EC_SVC64		0x15
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYSREG		0x18	/* MSR, MRS or system instruction */
#define EC_SVE			0x19
#define EC_TSTART		0x1b	/* transactional memory trapped */
#define EC_SME			0x1d
#define EC_IABT_LOWER		0x20	/* instruction abort, from below */
#define EC_IABT_SAME		0x21	/* instruction abort, same level */
#define EC_PC_ALIGN		0x22
#define EC_DABT_LOWER		0x24	/* data abort, from below */
#define EC_DABT_SAME		0x25	/* data abort, same level */
#define EC_SP_ALIGN		0x26
#define EC_SERROR		0x2f
#define EC_BRK64		0x3c
#define EC_COUNT		64

/* ISS of HVC64, SMC64 and BRK64: the instruction's immediate. */
#define ISS_IMM16		GENMASK(15, 0)

/* ISS of WFX. */
#define ISS_WFX_TI		GENMASK(1, 0)	/* which instruction */
#define WFX_WFI			0
#define WFX_WFE			1

/* ISS of SYSREG. */
#define ISS_SYS_OP0		GENMASK(21, 20)
#define ISS_SYS_OP2		GENMASK(19, 17)
#define ISS_SYS_OP1		GENMASK(16, 14)
#define ISS_SYS_CRN		GENMASK(13, 10)
#define ISS_SYS_RT		GENMASK(9, 5)
#define ISS_SYS_CRM		GENMASK(4, 1)
#define ISS_SYS_READ		BIT(0)		/* 1: MRS */
/* The fields that name the register, and how to build them. */
#define ISS_SYS_REG		(ISS_SYS_OP0 | ISS_SYS_OP2 | ISS_SYS_OP1 | \
				 ISS_SYS_CRN | ISS_SYS_CRM)
#define ISS_SYS(op0, op1, crn, crm, op2)	\
	(FIELD_PREP(ISS_SYS_OP0, op0) | FIELD_PREP(ISS_SYS_OP1, op1) | \
	 FIELD_PREP(ISS_SYS_CRN, crn) | FIELD_PREP(ISS_SYS_CRM, crm) | \
	 FIELD_PREP(ISS_SYS_OP2, op2))

/* ISS of data aborts; of instruction aborts FNV, EA, S1PTW and FSC. */
#define ISS_ABT_ISV		BIT(24)		/* SAS to SF are valid */
#define ISS_ABT_SAS		GENMASK(23, 22)	/* log2 of the access size */
#define ISS_ABT_SSE		BIT(21)		/* sign-extend a load */
#define ISS_ABT_SRT		GENMASK(20, 16)	/* the register, 31 is XZR */
#define ISS_ABT_SF		BIT(15)		/* a 64-bit register */
#define ISS_ABT_AR		BIT(14)		/* acquire or release */
#define ISS_ABT_FNV		BIT(10)		/* FAR is not valid */
#define ISS_ABT_EA		BIT(9)
#define ISS_ABT_CM		BIT(8)		/* cache maintenance */
#define ISS_ABT_S1PTW		BIT(7)		/* on a walk of stage 1 */
#define ISS_ABT_WNR		BIT(6)		/* write, not read */
#define ISS_ABT_FSC		GENMASK(5, 0)	/* fault status code */

/* Fault status codes: a type and a level. */
#define FSC_TYPE		GENMASK(5, 2)
#define FSC_LEVEL		GENMASK(1, 0)
#define FSC_ADDR_SIZE		0x00
#define FSC_TRANSLATION		0x04
#define FSC_ACCESS_FLAG		0x08
#define FSC_PERMISSION		0x0c
#define FSC_EXTERNAL		0x10	/* exactly: not on a walk */
#define FSC_EXTERNAL_WALK	0x14
#define FSC_ALIGNMENT		0x21
#define FSC_TLB_CONFLICT	0x30

#ifndef __ASSEMBLER__
/* The exception class of `esr`, 0 to 63. */
static inline unsigned int esr_ec(uint64_t esr)
{
	return FIELD_GET(ESR_ELx_EC, esr);
}

/* The Arm ARM's name of exception class `ec`, "reserved" if it has none. */
const char *esr_ec_name(unsigned int ec);

/* The name of a fault status code, without its level: "translation fault". */
const char *esr_fsc_name(uint64_t esr);

/*
 * True for the immediates of the BRK that a compiler inserts where execution must
 * not continue: GCC's and clang's __builtin_trap(), clang's UBSan.
 */
static inline bool brk_is_compiler_trap(uint64_t imm16)
{
	return imm16 == 1000 || imm16 == 1 || (imm16 & 0xff00) == 0x5500;
}

/* True if the fault status code of `esr` carries a table level. */
bool esr_fsc_has_level(uint64_t esr);
#endif

#endif
