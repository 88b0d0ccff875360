/* SPDX-License-Identifier: MIT */
/*
 * The virtual GICv3 of a VM: a distributor for shared interrupts (SPIs), and for each vCPU
 * a redistributor with its SGIs and PPIs. Arm IHI 0069, chapters 4 and 12.
 *
 * All of it is memory under one lock. List registers are the core's: before it enters a
 * guest it moves what is pending, enabled and of the highest priority into them (lists.h).
 * The protocol between cores is delivery.pml. A VM without a GIC in its device tree is one of
 * the labs' guests: all its private interrupts are enabled, with one priority.
 */
#ifndef DISTRIBUTOR_H
#define DISTRIBUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "fdt.h"
#include "lock.h"
#include "vgic.h"

#define GIC_PRIVATE	32		/* SGIs and PPIs: INTIDs 0 to 31 */
#define GIC_INTIDS	256		/* the last SPI is 255 */
#define GIC_BANKS	(GIC_INTIDS / 32)
#define GIC_LRS		(VGIC_LRS - 1)	/* for all but the virtual timer: LR1, LR2 */

/*
 * 32 interrupts, a bit each. What is latched moves to the list register together with the
 * interrupt, so `pending` then means that it came once more.
 */
struct gic_bank {
	uint32_t enabled, group;	/* group: 1, else 0 */
	uint32_t config;		/* 1: edge-triggered; 0: level-sensitive */
	uint32_t pending;		/* latched: an edge, or a write of ISPENDR */
	uint32_t line;			/* a device holds the line up */
	uint32_t active;
	uint32_t in_lr;			/* in a list register of a vCPU */
	uint32_t lr_active;		/* active there, when its core last said so */
	uint32_t lr_pending;		/* pending there, in the same way, */
	uint32_t lr_latched;		/* and that was latched, not the line */
	uint8_t priority[32];
};

/* The word that other cores leave for a vCPU's core. */
#define GIC_MORE	1U	/* something became pending or enabled */
#define GIC_LESS	2U	/* something was taken back: RWP until its core has looked */

struct redistributor {
	struct gic_bank bank;		/* SGIs and PPIs */
	uint32_t word;			/* GIC_MORE, GIC_LESS; its own core alone clears it */
	bool asleep;			/* GICR_WAKER.ProcessorSleep */

	/* Its own core's alone. */
	uint32_t intid[GIC_LRS];	/* what is in LR1 and LR2; GIC_NONE */
	uint64_t hcr;			/* ICH_HCR_EL2 while it is loaded */
};

#define GIC_NONE	UINT32_MAX

struct distributor {
	struct lock lock;		/* of everything here and in the redistributors */
	bool exists;			/* the VM's device tree has a GIC */
	uint32_t ctlr;			/* GICD_CTLR.EnableGrp0 and EnableGrp1 */
	uint32_t busy;			/* bit n: bank n has something pending or active */
	struct gic_bank bank[GIC_BANKS];	/* bank[0] is not used */
	uint64_t router[GIC_INTIDS];	/* GICD_IROUTER<n> */
	uint8_t holder[GIC_INTIDS];	/* an active SPI: the vCPU that will end it */
};

struct guest;
struct vcore;

/*
 * Give a VM, whose vCPUs exist, a GIC where the node ("arm,gic-v3") says. 0, or an error of
 * fdt_reg() or aperture_add(); E_INVALID if a frame is too small.
 */
int gic_create(struct guest *guest, const struct fdt *fdt, uint32_t node);

/* The state after a reset, of the distributor and of all redistributors. */
void gic_reset(struct guest *guest);

/* Any core: a device raises or lowers the line of SPI `intid`, of GIC_INTIDS. */
void gic_set_line(struct guest *guest, unsigned int intid, bool level);

/* The same for PPI `intid` of a vCPU. */
void gic_set_private_line(struct vcore *vcore, unsigned int intid, bool level);

/* True if the vCPU's core has to look: before each entry, and before it sleeps. */
static inline bool gic_has_word(const struct redistributor *gic)
{
	return __atomic_load_n(&gic->word, __ATOMIC_ACQUIRE);
}

#endif
