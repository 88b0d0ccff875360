/* SPDX-License-Identifier: MIT */
/*
 * What the guests do with the GIC. INTIDs SPI_FIRST to SPI_FIRST + 23 have no device on QEMU's
 * virt machine and are pended by software. All waits have limits.
 */
#ifndef GIC_H
#define GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "gic_registers.h"
#include "mmio.h"
#include "platform.h"

#define SPI_FIRST	40	/* 40 to 63: in word 1 of the bit arrays */
#define SPI_COUNT	24
#define SPI_WORD	1
#define SPI_BIT(intid)	(1U << ((intid) - 32))
#define SPI_BITS	0xffffff00U	/* all of them */

#define PRIORITY	0xa0	/* of every interrupt after a reset here */

/*
 * Priorities 0x00, 0x10, ... 0xf0 exist in every GIC with one Security state: it has 16 or more
 * levels. IHI 0069, "Interrupt prioritization".
 */
#define LEVEL(n)	(0x10 * (n))

/*
 * The distributor after its first set-up: all SPIs disabled, inactive, not pending, edge-triggered,
 * group 1, priority 0xa0, routed to core 0; affinity routing and group 1 on.
 */
void gic_reset_distributor(void);

/*
 * The redistributor and the CPU interface of the calling core: awake, SGIs and PPIs disabled and
 * quiet, PPIs level-sensitive, group 1; ICC_PMR_EL1 0xff, EOImode 0, group 1 on, nothing active.
 */
void gic_reset_core(void);

/* Both, for check_setup(). */
void gic_reset(void);

/* RD_base of the calling core. The check fails if no redistributor has its affinity. */
uint64_t gic_redistributor(void);

/* Wait for GICD_CTLR.RWP, or GICR_CTLR.RWP of the calling core. */
void gic_wait_distributor(void);
void gic_wait_redistributor(void);

uint32_t gicd_read(uint64_t offset);
void gicd_write(uint64_t offset, uint32_t value);
uint32_t gicr_read(uint64_t offset);	/* of the calling core, from RD_base */
void gicr_write(uint64_t offset, uint32_t value);

/* Enable `intid` (a PPI, SGI or SPI) with `priority`, for the calling core if it is private. */
void gic_enable(unsigned int intid, unsigned int priority);
void gic_disable(unsigned int intid);
/* Set or clear its pending state by GICD_ISPENDR and its like, on the calling core. */
void gic_pend(unsigned int intid);
void gic_unpend(unsigned int intid);
bool gic_is_pending(unsigned int intid);
bool gic_is_active(unsigned int intid);

/* Acknowledge a group 1 interrupt that arrives within EFFECT_US, or return 1023. */
unsigned int gic_acknowledge(void);
/* Acknowledge within QUIET_US, to see that nothing comes. */
unsigned int gic_acknowledge_now(void);
/* The same for group 0. */
unsigned int gic_acknowledge_group0(void);
void gic_end(unsigned int intid);	/* ICC_EOIR1_EL1 */
void gic_deactivate(unsigned int intid);	/* ICC_DIR_EL1 */

/* True within EFFECT_US if an IRQ is pending for this core: ISR_EL1.I. */
bool gic_irq_line(void);

/*
 * Wait in WFI, IRQs masked, until an IRQ is pending. Timer PPI `guard`, virtual or physical, ends
 * the wait after EFFECT_US at the lowest priority; the caller turns that timer off.
 */
void gic_sleep(unsigned int guard);

/* Send SGI `intid` to core `n` by ICC_SGI1R_EL1. */
void gic_send_sgi(unsigned int n, unsigned int intid);

#endif
