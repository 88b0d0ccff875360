// SPDX-License-Identifier: MIT
#include "describe.h"

#include "error.h"
#include "refusal.h"
#include "string.h"
#include "vcore.h"

typedef int (*device_create)(struct guest *guest, const struct fdt *fdt, uint32_t node);

/* Nodes that describe what every VM has: they need no device of their own. */
static int exists(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	(void)guest, (void)fdt, (void)node;
	return 0;
}

static const struct {
	const char *compatible;
	device_create create;
} devices[] = {
	{ "arm,gic-v3",		gic_create },
	{ "arm,pl011",		console_create },
	{ "arm,pl031",		clock_create },
	{ "arm,armv8-timer",	exists },
	{ "arm,psci-1.0",	exists },
	{ "fixed-clock",	exists },
};

static bool is_compatible(const struct fdt *fdt, uint32_t node, const char *name)
{
	const char *string;

	for (unsigned int i = 0; (string = fdt_string(fdt, node, "compatible", i)); i++)
		if (!strcmp(string, name))
			return true;
	return false;
}

static int create_device(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	if (!fdt_string(fdt, node, "compatible", 0))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(devices); i++)
		if (is_compatible(fdt, node, devices[i].compatible))
			return devices[i].create(guest, fdt, node);
	return REFUSED_TREE_DEVICE;
}

static int add_memory(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	struct fdt_range range;
	int error = 0;

	for (unsigned int i = 0; !error && !(error = fdt_reg(fdt, node, i, &range)); i++)
		error = memory_add(guest, range.address, range.size);
	return error == E_NOT_FOUND ? 0 : error;	/* after the last range */
}

/* vCPU n has affinity 0.0.0.n, in the order of the nodes. */
static int add_cpus(struct guest *guest, const struct fdt *fdt, uint32_t cpus)
{
	for (uint32_t cpu = fdt_child(fdt, cpus, FDT_NONE); cpu != FDT_NONE;
	     cpu = fdt_child(fdt, cpus, cpu)) {
		const char *type = fdt_string(fdt, cpu, "device_type", 0);
		struct fdt_range reg;
		int error;

		if (!type || strcmp(type, "cpu"))
			continue;
		if (fdt_reg(fdt, cpu, 0, &reg) || reg.address != guest->cpu_count)
			return REFUSED_TREE_CPU;
		error = vcore_create(guest);
		if (error)
			return error;
	}
	return guest->cpu_count ? 0 : REFUSED_TREE_CPU;
}

static bool is_memory(const struct fdt *fdt, uint32_t node)
{
	const char *type = fdt_string(fdt, node, "device_type", 0);

	return type && !strcmp(type, "memory");
}

/* Memory and vCPUs first: devices check against the one and need the other. */
static int describe_node(struct guest *guest, const struct fdt *fdt, uint32_t node,
			 bool devices_now)
{
	if (is_memory(fdt, node))
		return devices_now ? 0 : add_memory(guest, fdt, node);
	if (node == fdt_path(fdt, "/cpus"))
		return devices_now ? 0 : add_cpus(guest, fdt, node);
	return devices_now ? create_device(guest, fdt, node) : 0;
}

int describe(struct guest *guest, const struct fdt *fdt, const char **culprit)
{
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t node = fdt_child(fdt, fdt->root, FDT_NONE); node != FDT_NONE;
		     node = fdt_child(fdt, fdt->root, node)) {
			int error = describe_node(guest, fdt, node, pass == 1);

			*culprit = fdt_name(fdt, node);
			if (error)
				return error;
		}
	}
	*culprit = NULL;
	if (!guest->memory.count)
		return REFUSED_TREE_MEMORY;
	return guest->cpu_count ? 0 : REFUSED_TREE_CPU;
}
