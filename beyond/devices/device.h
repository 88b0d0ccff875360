/* SPDX-License-Identifier: MIT */
/* What the devices share: one page of registers and one interrupt, as a node says. */
#ifndef DEVICE_H
#define DEVICE_H

#include "aperture.h"
#include "fdt.h"

struct guest;

#define DEVICE_SIZE	U64(0x1000)	/* of a PrimeCell's registers */

/*
 * Add the aperture of a device, whose `device` is the struct guest, and set `*intid` to its SPI.
 * 0; an error of fdt_reg() or aperture_add(); E_INVALID if the node's registers are smaller
 * than DEVICE_SIZE, or its interrupt is not an SPI that the virtual GIC has.
 */
int device_create(struct guest *guest, const struct fdt *fdt, uint32_t node,
		  const struct aperture_ops *ops, unsigned int *intid);

#endif
