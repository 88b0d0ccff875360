/* SPDX-License-Identifier: MIT */
/*
 * The physical GICv3. EL2 uses private peripheral interrupts of one core, all in
 * group 1 with one priority, and polls the CPU interface. Arm IHI 0069, "GIC
 * Architecture Specification".
 */
#ifndef GIC_H
#define GIC_H

#include <stdbool.h>

#include "barrier.h"
#include "cpu.h"
#include "gicv3.h"
#include "mmio.h"

/* Set up the distributor and this core's redistributor and CPU interface; all PPIs off. */
void gic_init(void);

/* The part of gic_init() that belongs to a core. */
void gic_init_core(void);

/* Enable PPI `intid`, 16 to 31. */
void gic_enable_ppi(unsigned int intid);

/* Activate the pending interrupt of highest priority and return it, or INTID_SPURIOUS. */
unsigned int gic_acknowledge(void);

/* Drop the priority of an active interrupt, so that others can come. It stays active. */
void gic_drop_priority(unsigned int intid);

/* Deactivate an interrupt, so that it can be signalled again. */
void gic_deactivate(unsigned int intid);

/* RD_base of this core's redistributor, found by gic_init(). */
#define gic_redistributor	(this_cpu()->redistributor)

/* Set or clear the active state of PPI `intid`, in effect on return. */
static inline void gic_set_active(unsigned int intid, bool active)
{
	mmio_write32(gic_redistributor +
		     (active ? GICR_ISACTIVER0 : GICR_ICACTIVER0), BIT(intid));
	/* nGnRE allows early write acknowledgement; the read waits for the write. */
	mmio_read32(gic_redistributor + GICR_ISACTIVER0);
	dsb(sy);
}

#endif
