// SPDX-License-Identifier: MIT
#include "vm.h"

#include "cache.h"
#include "el2_mmu.h"
#include "error.h"
#include "panic.h"
#include "probe.h"
#include "stage2.h"
#include "todo.h"

static struct vm vms[VM_MAX];

struct vm *vm_get(unsigned int id)
{
	return id < VM_MAX && vms[id].in_use ? &vms[id] : NULL;
}

/* True if [start, start + size) lies in [region, region + length). */
static bool inside(uint64_t start, uint64_t size, uint64_t region, uint64_t length)
{
	return size <= length && start >= region &&
	       start - region <= length - size;
}

bool vm_owns(const struct vm *vm, uint64_t ipa, uint64_t size)
{
	return inside(ipa, size, SLOT_ADDR(vm->id), SLOT_SIZE) ||
	       inside(ipa, size, MAILBOX_ADDR(vm->id), MAILBOX_SIZE);
}

/*
 * Map memory of a VM for EL2, never executable, and wipe it, so that the VM cannot
 * read what an earlier VM or the boot loader left there.
 */
static int hand_over(uint64_t pa, uint64_t size)
{
	int error = el2_map(pa, pa, size, PROT_W);

	if (error)
		return error;
	if (probe_read(pa + size - 1).esr)
		panic("VM memory at 0x%lx..0x%lx ends beyond the machine's: SLOT_PAGES is too large, or -m too small",
		      pa, pa + size - 1);
	cache_zero((void *)pa, size);
	cache_clean_invalidate((void *)pa, size);
	return 0;
}

/* The reverse of hand_over(). It cannot fail: what that mapped needs no split. */
static void take_back(uint64_t pa, uint64_t size)
{
	int error = el2_unmap(pa, size);

	if (error)
		panic("unmapping VM memory at 0x%lx..0x%lx: %s", pa,
		      pa + size - 1, error_name(error));
}

static int map_memory(struct vm *vm)
{
	/* TODO(lab03.3): Map the VM's slot and mailbox, for EL2 and at stage 2. */
	todo("lab03.3", "map_memory() in lab03-stage2/vm.c, read lab03-stage2/README.md#task-3");
	/* END(lab03.3) */
}

void vm_destroy(struct vm *vm)
{
	/* TODO(lab03.3): Unmap the VM's memory, free its tables and its id. */
	todo("lab03.3", "vm_destroy() in lab03-stage2/vm.c, read lab03-stage2/README.md#task-3");
	/* END(lab03.3) */
}

struct vm *vm_create(const char *name)
{
	/* TODO(lab03.3): The first free id, a table with its VMID, its memory. */
	todo("lab03.3", "vm_create() in lab03-stage2/vm.c, read lab03-stage2/README.md#task-3");
	/* END(lab03.3) */
}
