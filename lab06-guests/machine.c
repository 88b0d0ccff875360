// SPDX-License-Identifier: MIT
#include "machine.h"

#include "cache.h"
#include "context.h"
#include "guest_load.h"
#include "page_pool.h"
#include "printf.h"
#include "todo.h"

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
	/* TODO(lab06.6): Wipe the VM's memory while EL2 maps it; destroy the VM; count. */
	todo("lab06.6", "take_apart() in lab06-guests/machine.c, read lab06-guests/README.md#task-6");
	/* END(lab06.6) */
}

void machine_end(void)
{
	/* TODO(lab06.6): Unload the vCPU, then destroy each VM. */
	todo("lab06.6", "machine_end() in lab06-guests/machine.c, read lab06-guests/README.md#task-6");
	/* END(lab06.6) */
}
