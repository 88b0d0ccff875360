// SPDX-License-Identifier: MIT
#include "machine.h"

#include "cache.h"
#include "context.h"
#include "guest_load.h"
#include "page_pool.h"
#include "printf.h"

void machine_load(void)
{
	struct vcpu *vcpu;

	for (uint64_t i = 0; i < guest_image_count; i++)
		guest_load(&guest_images[i]);
	/* All VMs exist: start virtual time for all of them. */
	vcpu = vcpu_ring();
	do {
		vcpu = vcpu->next;
		context_create(vcpu);
	} while (vcpu != vcpu_ring());
}

static void take_apart(struct vm *vm)
{
	/* HOLE(lab06.6): Wipe the VM's memory while EL2 maps it; destroy the VM; count. */
	size_t before = page_count_free();
	unsigned int id = vm->id;
	const char *name = vm->name;

	cache_zero((void *)SLOT_ADDR(id), SLOT_SIZE);
	cache_zero((void *)MAILBOX_ADDR(id), MAILBOX_SIZE);
	vm_destroy(vm);
	printf("[end] vm%u %s: destroyed, %lu table pages freed\n", id,
	       name, page_count_free() - before);
	/* END(lab06.6) */
}

void machine_end(void)
{
	/* HOLE(lab06.6): Unload the vCPU, then destroy each VM. */
	context_switch(NULL);
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id))
			take_apart(vm_get(id));
	/* END(lab06.6) */
}
