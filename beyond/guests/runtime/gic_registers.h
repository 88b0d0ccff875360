/* SPDX-License-Identifier: MIT */
/*
 * GICv3 registers that gicv3.h has not, because only a guest that checks the whole GIC uses them.
 * Arm IHI 0069, chapter 12. GICD_ and GICR_ names of bit arrays are those of register 0: n is the
 * word, of 32 interrupts a bit each or 16 with two.
 */
#ifndef GIC_REGISTERS_H
#define GIC_REGISTERS_H

#include "gicv3.h"

#define GICD_CTLR_DS		BIT(6)		/* one Security state */
#define GICD_CTLR_ENABLE_GRP0	BIT(0)
#define GICD_TYPER		0x0004
#define GICD_TYPER_NO1N		BIT(25)
#define GICD_TYPER_A3V		BIT(24)
#define GICD_TYPER_IDBITS	GENMASK(23, 19)
#define GICD_TYPER_LPIS		BIT(17)
#define GICD_TYPER_MBIS		BIT(16)
#define GICD_TYPER_SECURITY	BIT(10)
#define GICD_TYPER_LINES	GENMASK(4, 0)	/* 32 * (this + 1) INTIDs */
#define GICD_IIDR		0x0008
#define GIC_IIDR_IMPLEMENTER	GENMASK(11, 0)	/* a JEP106 code */
#define GICD_IGROUPR(n)		(0x0080 + 4 * (n))
#define GICD_ISENABLER(n)	(0x0100 + 4 * (n))
#define GICD_ICENABLER(n)	(0x0180 + 4 * (n))
#define GICD_ISPENDR(n)		(0x0200 + 4 * (n))
#define GICD_ICPENDR(n)		(0x0280 + 4 * (n))
#define GICD_ISACTIVER(n)	(0x0300 + 4 * (n))
#define GICD_ICACTIVER(n)	(0x0380 + 4 * (n))
#define GICD_IPRIORITYR(intid)	(0x0400 + (intid))	/* a byte each */
#define GICD_ITARGETSR(intid)	(0x0800 + (intid))
#define GICD_ICFGR(n)		(0x0c00 + 4 * (n))
#define GICD_IGRPMODR(n)	(0x0d00 + 4 * (n))
#define GICD_SGIR		0x0f00
#define GICD_CPENDSGIR		0x0f10
#define GICD_SPENDSGIR		0x0f20
#define GICD_IROUTER(intid)	(0x6000 + 8 * (intid))
#define GIC_PIDR2		0xffe8		/* also of GICR */
#define GIC_PIDR2_ARCHREV	GENMASK(7, 4)

#define GICR_IIDR		0x0004
#define GICR_TYPER_PROCESSOR	GENMASK(23, 8)
#define GICR_ISPENDR0		(GICR_SGI_BASE + 0x0200)
#define GICR_ICFGR0		(GICR_SGI_BASE + 0x0c00)
#define GICR_IGRPMODR0		(GICR_SGI_BASE + 0x0d00)

/* CPU interface: registers that an Armv8.0 assembler may not know by name. */
#define ICC_RPR_EL1		S3_0_C12_C11_3
#define ICC_RPR_IDLE		0xff	/* no active interrupt */
#define ICC_CTLR_EL1_CBPR	BIT(0)	/* one binary point for both groups */
#define ICC_CTLR_EL1_PRIBITS	GENMASK(10, 8)	/* priority bits, less 1 */
#define ICC_CTLR_EL1_IDBITS	GENMASK(13, 11)
#define ICC_CTLR_EL1_A3V	BIT(15)

#define PPI_PHYSICAL_TIMER	30	/* CNTP, EL1 physical timer: Arm BSA */

#endif
