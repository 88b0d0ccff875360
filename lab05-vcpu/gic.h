/* SPDX-License-Identifier: MIT */
/*
 * The physical GICv3, as EL2 uses it: private peripheral interrupts of one core,
 * all in group 1 and of one priority, taken by polling the CPU interface. Arm
 * IHI 0069, "GIC Architecture Specification".
 */
#ifndef GIC_H
#define GIC_H

#include <stdbool.h>

#include "barrier.h"
#include "gicv3.h"
#include "mmio.h"

/* Distributor, this core's redistributor and CPU interface; all PPIs off. */
void gic_init(void);

/* Let PPI `intid`, 16 to 31, through. */
void gic_enable_ppi(unsigned int intid);

/* The pending interrupt of highest priority, now active; or INTID_SPURIOUS. */
unsigned int gic_acknowledge(void);

/* Its priority no longer holds others back. It stays active. */
void gic_drop_priority(unsigned int intid);

/* It may be signalled again. */
void gic_deactivate(unsigned int intid);

/* RD_base of this core's redistributor, found by gic_init(). */
extern uint64_t gic_redistributor;

/* Set or clear the active state of PPI `intid` from outside, in effect on return. */
static inline void gic_set_active(unsigned int intid, bool active)
{
	mmio_write32(gic_redistributor +
		     (active ? GICR_ISACTIVER0 : GICR_ICACTIVER0), BIT(intid));
	/* nGnRE may answer a write early; a read back shows that it is there. */
	mmio_read32(gic_redistributor + GICR_ISACTIVER0);
	dsb(sy);
}

#endif
