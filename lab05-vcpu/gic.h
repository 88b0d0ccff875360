/* SPDX-License-Identifier: MIT */
/*
 * The physical GICv3, as EL2 uses it: private peripheral interrupts of one core,
 * all in group 1 and of one priority, taken by polling the CPU interface. Arm
 * IHI 0069, "GIC Architecture Specification".
 */
#ifndef GIC_H
#define GIC_H

#include <stdint.h>

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

/* Read and set the active state of PPIs from outside: a bit an INTID. */
uint32_t gic_active_ppis(void);
void gic_set_active_ppis(uint32_t which, uint32_t active);

#endif
