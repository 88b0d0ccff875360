/* SPDX-License-Identifier: MIT */
/*
 * GICv3: registers and fields. Arm IHI 0069, "GIC Architecture Specification,
 * GICv3 and GICv4", chapter 12; names are the specification's.
 */
#ifndef GICV3_H
#define GICV3_H

#include "bits.h"

/* Distributor, offsets from GICD_BASE. */
#define GICD_CTLR		0x0000
#define GICD_CTLR_RWP		BIT(31)	/* a write is still taking effect */
#define GICD_CTLR_ARE		BIT(4)	/* affinity routing, single security state */
#define GICD_CTLR_DS		BIT(6)	/* one security state */
#define GICD_CTLR_ENABLE_GRP1	BIT(1)
#define GICD_CTLR_ENABLE_GRP0	BIT(0)
#define GICD_IROUTER_IRM	BIT(31)	/* any core */

/* Redistributor of a core: RD_base, then SGI_base 64 KiB above. */
#define GICR_CTLR		0x0000
#define GICR_CTLR_RWP		BIT(3)
#define GICR_TYPER		0x0008	/* 64 bits */
#define GICR_TYPER_AFFINITY	GENMASK(63, 32)
#define GICR_TYPER_LAST		BIT(4)
#define GICR_WAKER		0x0014
#define GICR_WAKER_CHILDREN_ASLEEP	BIT(2)
#define GICR_WAKER_PROCESSOR_SLEEP	BIT(1)
#define GICR_FRAME_SIZE		U64(0x20000)
#define GICR_SGI_BASE		0x10000
#define GICR_IGROUPR0		(GICR_SGI_BASE + 0x0080)
#define GICR_ISENABLER0		(GICR_SGI_BASE + 0x0100)
#define GICR_ICENABLER0		(GICR_SGI_BASE + 0x0180)
#define GICR_ICPENDR0		(GICR_SGI_BASE + 0x0280)
#define GICR_ISACTIVER0		(GICR_SGI_BASE + 0x0300)
#define GICR_ICACTIVER0		(GICR_SGI_BASE + 0x0380)
#define GICR_IPRIORITYR(n)	(GICR_SGI_BASE + 0x0400 + (n))	/* a byte each */

#define GICR_ICFGR1		(GICR_SGI_BASE + 0x0c04)	/* PPIs: 0 level */

#define INTID_SPECIAL		1020	/* and above: no interrupt */
#define INTID_SPURIOUS		1023

/* ICC_SRE_ELx */
#define ICC_SRE_EL2_ENABLE	BIT(3)	/* EL1 may use ICC_SRE_EL1 */
#define ICC_SRE_DIB		BIT(2)	/* no IRQ bypass */
#define ICC_SRE_DFB		BIT(1)	/* no FIQ bypass */
#define ICC_SRE_SRE		BIT(0)	/* the system register interface */
/* ICC_CTLR_EL1: EOIR drops the priority only, DIR deactivates. */
#define ICC_CTLR_EL1_EOIMODE	BIT(1)

/* ICC_SGI1R_EL1 */
#define ICC_SGI1R_IRM		BIT(40)	/* all cores but this one */
#define ICC_SGI1R_RS		GENMASK(47, 44)	/* which 16 values of Aff0 */
#define ICC_SGI1R_INTID		GENMASK(27, 24)
#define ICC_SGI1R_TARGETS	GENMASK(15, 0)	/* Aff0 of Aff3.Aff2.Aff1 */

/* ICH_HCR_EL2 */
#define ICH_HCR_EL2_EOICOUNT	GENMASK(31, 27)	/* ended without a list register */
#define ICH_HCR_EL2_TDIR	BIT(14)	/* ICC_DIR_EL1 trapped */
#define ICH_HCR_EL2_TALL1	BIT(12)	/* group 1's ICC_ registers trapped */
#define ICH_HCR_EL2_TALL0	BIT(11)	/* group 0's */
#define ICH_HCR_EL2_TC		BIT(10)	/* those of both groups */
#define ICH_HCR_EL2_NPIE	BIT(3)	/* interrupt me when no LR is pending */
#define ICH_HCR_EL2_LRENPIE	BIT(2)	/* interrupt me when EOICOUNT is not 0 */
#define ICH_HCR_EL2_UIE		BIT(1)	/* interrupt me when the LRs run dry */
#define ICH_HCR_EL2_EN		BIT(0)	/* the virtual CPU interface is on */
/* ICH_VTR_EL2 */
#define ICH_VTR_EL2_LISTREGS	GENMASK(4, 0)	/* list registers, less 1 */
#define ICH_VTR_EL2_PREBITS	GENMASK(28, 26)	/* preemption bits, less 1 */
/* ICH_VMCR_EL2 */
#define ICH_VMCR_EL2_VPMR	GENMASK(31, 24)	/* priority mask */
#define ICH_VMCR_EL2_VEOIM	BIT(9)		/* EOImode */
#define ICH_VMCR_EL2_VENG1	BIT(1)		/* group 1 enabled */
#define ICH_VMCR_EL2_VENG0	BIT(0)		/* group 0 enabled */
/* ICH_LR<n>_EL2 */
#define ICH_LR_STATE		GENMASK(63, 62)
#define ICH_LR_PENDING		BIT(62)
#define ICH_LR_ACTIVE		BIT(63)
#define ICH_LR_HW		BIT(61)		/* EOI deactivates PINTID as well */
#define ICH_LR_GROUP1		BIT(60)
#define ICH_LR_PRIORITY		GENMASK(55, 48)
#define ICH_LR_PINTID		GENMASK(44, 32)
#define ICH_LR_EOI		BIT(41)	/* without HW: report its end */
#define ICH_LR_VINTID		GENMASK(31, 0)

#endif
