// SPDX-License-Identifier: MIT
#include "bundle.h"

#include "el2_mmu.h"
#include "error.h"
#include "frames.h"
#include "panic.h"
#include "refusal.h"
#include "string.h"

/* The size, and the first member, are in the 2 MiB before and after BUNDLE_BASE. */
#define FIRST_LOOK	BLOCK_2M

extern char image_end[];

static struct blob archive;

struct blob bundle(void)
{
	return archive;
}

static void read_memory(const struct fdt *fdt, struct fdt_range *memory)
{
	uint32_t node = fdt_path(fdt, "/memory");

	if (node == FDT_NONE || fdt_reg(fdt, node, 0, memory))
		panic("bundle: %s says nothing of memory", MACHINE_TREE);
}

static unsigned int count_cores(const struct fdt *fdt)
{
	uint32_t cpus = fdt_path(fdt, "/cpus");
	unsigned int count = 0;

	if (cpus == FDT_NONE)
		return 1;
	for (uint32_t cpu = fdt_child(fdt, cpus, FDT_NONE); cpu != FDT_NONE;
	     cpu = fdt_child(fdt, cpus, cpu)) {
		const char *type = fdt_string(fdt, cpu, "device_type", 0);

		count += type && !strcmp(type, "cpu");
	}
	return count;
}

static void read_machine(struct blob blob, struct machine_description *machine)
{
	struct cpio_member member;
	struct fdt fdt;
	int error = cpio_find(blob, MACHINE_TREE, &member);

	if (!error)
		error = fdt_open(&fdt, member.data);
	if (error)
		panic("bundle: no usable %s at 0x%lx: %s", MACHINE_TREE, BUNDLE_BASE,
		      refusal_sentence(error));
	read_memory(&fdt, &machine->memory);
	machine->cores = count_cores(&fdt);
}

void bundle_open(struct machine_description *machine)
{
	uint64_t start = ALIGN_UP((uint64_t)image_end, BLOCK_2M), size, end;
	int error = el2_map(BUNDLE_BASE - FIRST_LOOK, BUNDLE_BASE - FIRST_LOOK,
			    2 * FIRST_LOOK, 0);

	if (error)
		panic("bundle: cannot be mapped: %s", error_name(error));
	size = *(const volatile uint64_t *)BUNDLE_SIZE_AT;
	if (!size)
		panic("bundle: none at 0x%lx", BUNDLE_BASE);
	read_machine((struct blob){ (const uint8_t *)BUNDLE_BASE, MIN(size, FIRST_LOOK) },
		     machine);
	error = el2_unmap(BUNDLE_BASE - FIRST_LOOK, 2 * FIRST_LOOK);
	if (error)
		panic("bundle: cannot be unmapped: %s", error_name(error));

	end = machine->memory.address + machine->memory.size;
	if (!range_inside(BUNDLE_BASE, size, start, end - start))
		panic("bundle: its 0x%lx bytes do not fit into the machine's memory", size);
	archive = (struct blob){ (const uint8_t *)BUNDLE_BASE, size };
	frames_init(start, end - start, BUNDLE_BASE, ALIGN_UP(size, BLOCK_2M));
}
