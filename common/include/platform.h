/* SPDX-License-Identifier: MIT */
/*
 * The parts of QEMU's `virt` machine, with gic-version=3, that the kit uses.
 * QEMU documentation, "virt generic virtual platform"; the addresses are fixed
 * for all versions of the machine.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "bits.h"

#define GICD_BASE	U64(0x08000000)	/* GICv3 distributor */
#define GICD_SIZE	U64(0x00010000)
#define GICR_BASE	U64(0x080a0000)	/* redistributors, two frames a core */
#define GICR_SIZE	U64(0x00f60000)
#define UART_BASE	U64(0x09000000)	/* PL011 */
#define UART_SIZE	U64(0x00001000)
#define UART_INTID	33		/* SPI 1 */
#define RAM_BASE	U64(0x40000000)

#define UART_CLOCK_HZ	24000000	/* "apb-pclk" of the machine */

/* No device here: an access causes an external abort. */
#define MEMORY_MAP_HOLE	U64(0x0b000000)

/*
 * Private peripheral interrupts, as in the Arm Base System Architecture's
 * table of recommended PPI numbers. INTID = PPI number on the GIC.
 */
#define PPI_MAINTENANCE	25	/* virtual CPU interface */
#define PPI_HYP_TIMER	26	/* CNTHP, EL2 physical timer */
#define PPI_VTIMER	27	/* CNTV, EL1 virtual timer */

#endif
