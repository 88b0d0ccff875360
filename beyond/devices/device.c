// SPDX-License-Identifier: MIT
#include "device.h"

#include "error.h"
#include "guest.h"

/* Three cells: 0 for an SPI, its number from 0 on, the trigger (Linux, "arm,gic-v3"). */
static int interrupt(const struct fdt *fdt, uint32_t node, unsigned int *intid)
{
	struct blob list = fdt_property(fdt, node, "interrupts");
	uint64_t kind, number;
	int error = fdt_take_cells(&list, 1, &kind);

	if (!error)
		error = fdt_take_cells(&list, 1, &number);
	if (error)
		return error;
	if (kind != 0 || number >= GIC_INTIDS - GIC_PRIVATE)
		return E_INVALID;
	*intid = GIC_PRIVATE + number;
	return 0;
}

int device_create(struct guest *guest, const struct fdt *fdt, uint32_t node,
		  const struct aperture_ops *ops, unsigned int *intid)
{
	struct aperture aperture = { .size = DEVICE_SIZE, .ops = ops, .device = guest };
	struct fdt_range reg = { 0 };
	int error = fdt_reg(fdt, node, 0, &reg);

	aperture.ipa = reg.address;
	if (!error)
		error = reg.size < DEVICE_SIZE ? E_INVALID : interrupt(fdt, node, intid);
	return error ? error : aperture_add(&guest->vm, &aperture);
}
