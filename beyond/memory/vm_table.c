// SPDX-License-Identifier: MIT
/*
 * All VMs: lab 3's vm.h. They are created by the first core before the others run, and each
 * is destroyed once, by the core that turned its last vCPU off.
 */
#include "error.h"
#include "guest.h"
#include "stage2.h"

static struct guest guests[VM_MAX];

struct vm *vm_get(unsigned int id)
{
	if (id >= VM_MAX || !__atomic_load_n(&guests[id].vm.in_use, __ATOMIC_ACQUIRE))
		return NULL;
	return &guests[id].vm;
}

struct vm *vm_create(const char *name)
{
	for (unsigned int id = 0; id < VM_MAX; id++) {
		struct vm *vm = &guests[id].vm;

		if (vm->in_use)
			continue;
		guests[id] = (struct guest){ .vm = { .id = id, .name = name } };
		if (s2_create(&vm->s2, 0))	/* vmid_load() gives it a VMID */
			return NULL;
		vm->in_use = true;
		return vm;
	}
	return NULL;
}

void vm_destroy(struct vm *vm)
{
	memory_free(guest_of(vm));
	__atomic_store_n(&vm->in_use, false, __ATOMIC_RELEASE);
}

bool vm_owns(const struct vm *vm, uint64_t ipa, uint64_t size)
{
	return memory_has((const struct guest *)vm, ipa, size);
}
