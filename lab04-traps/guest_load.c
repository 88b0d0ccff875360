// SPDX-License-Identifier: MIT
#include "guest_load.h"

#include "aperture.h"
#include "cache.h"
#include "panic.h"
#include "say.h"
#include "string.h"
#include "vuart.h"

struct vcpu *guest_load(const struct guest_image *image)
{
	uint64_t size = image->end - image->start;
	struct vm *vm = vm_create(image->name);
	struct vcpu *vcpu;
	void *slot;

	if (!vm)
		panic("no room for VM %s", image->name);
	if (size > SLOT_SIZE)
		panic("guest %s has %lu bytes, a slot has %lu", image->name,
		      size, SLOT_SIZE);
	aperture_clear(vm);
	if (vuart_create(vm))
		panic("no aperture for the UART of VM %s", vm->name);

	slot = (void *)SLOT_ADDR(vm->id);
	memcpy(slot, image->start, size);
	cache_clean_invalidate(slot, size);
	icache_invalidate_all();

	vcpu = vcpu_create(vm);
	if (!vcpu)
		panic("no vCPU for VM %s", vm->name);
	say("vm", "%u: %s, VMID %u, slot 0x%lx, %lu bytes\n", vm->id,
	    vm->name, vm->s2.vmid, SLOT_ADDR(vm->id), size);
	return vcpu;
}
