// SPDX-License-Identifier: MIT
/* For the contracts of stage 2 and of VMs: the existing VMs and the active tables. */
#include "driver.h"

#include "barrier.h"
#include "stage2.h"
#include "sysreg.h"
#include "vm.h"

uint64_t contract_s2_attributes(unsigned int prot);
struct result contract_active(uint64_t hcr);
void contract_vms(void);
void contract_layout(unsigned int id);
void contract_memory(const struct vm *vm, uint64_t junk);
void contract_vm_tables(const struct vm *vm);
uint64_t contract_end(unsigned int id);

uint64_t contract_s2_attributes(unsigned int prot)
{
	return s2_regime.attributes(prot);
}

/* Return VTTBR_EL2 and HCR_EL2; then set HCR_EL2 to `hcr` and VTTBR_EL2 to 0. */
struct result contract_active(uint64_t hcr)
{
	struct result found = { read_sysreg(vttbr_el2), read_sysreg(hcr_el2) };

	write_sysreg(vttbr_el2, 0);
	write_sysreg(hcr_el2, hcr);
	isb();
	return found;
}

/* Record the ids that vm_get() knows, with each VM's own id, VMID and name. */
void contract_vms(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++) {
		const struct vm *vm = vm_get(id);

		if (vm)
			record(RECORD_EVENT, (const uint64_t[]){
				id, vm->id, vm->s2.vmid, (uint64_t)vm->name }, 4);
	}
}

/* Record where the slot and the mailbox of VM `id` are, and their sizes. */
void contract_layout(unsigned int id)
{
	record(RECORD_EVENT, (const uint64_t[]){
		SLOT_ADDR(id), SLOT_SIZE, MAILBOX_ADDR(id), MAILBOX_SIZE }, 4);
}

/* Record a few words of the VM's memory, as EL2 sees them, and write junk there. */
void contract_memory(const struct vm *vm, uint64_t junk)
{
	const uint64_t slot = vm ? SLOT_ADDR(vm->id) : 0;
	const uint64_t mailbox = vm ? MAILBOX_ADDR(vm->id) : 0;
	const uint64_t places[] = {
		slot, slot + SLOT_SIZE / 2, slot + SLOT_SIZE - 8,
		mailbox, mailbox + MAILBOX_SIZE - 8,
	};

	for (size_t i = 0; vm && i < ARRAY_SIZE(places); i++) {
		record(RECORD_EVENT, (const uint64_t[]){
			places[i], *(uint64_t *)places[i] }, 2);
		*(uint64_t *)places[i] = junk;
	}
}

struct result contract_vtcr(uint64_t junk);

/* Return VTCR_EL2 as s2_init() leaves it, with `junk` in it before. */
struct result contract_vtcr(uint64_t junk)
{
	write_sysreg(vtcr_el2, junk);
	s2_init();
	return (struct result){ read_sysreg(vtcr_el2), 0 };
}

struct pgtable *contract_s2_of(struct vm *vm);
void contract_stage2(uint64_t vttbr);

/* The VM's stage-2 table. */
struct pgtable *contract_s2_of(struct vm *vm)
{
	return &vm->s2;
}

/* Set VTTBR_EL2 alone. */
void contract_stage2(uint64_t vttbr)
{
	write_sysreg(vttbr_el2, vttbr);
	isb();
}

/* Record the stage-2 tables of a VM; nothing for NULL. */
void contract_vm_tables(const struct vm *vm)
{
	if (vm)
		contract_tables(&vm->s2);
}

/* Destroy VM `id`, if there is one. */
uint64_t contract_end(unsigned int id)
{
	struct vm *vm = vm_get(id);

	if (vm)
		vm_destroy(vm);
	return vm != NULL;
}

const void *const lab03_functions[] = {
	contract_active, contract_vms, contract_layout, contract_memory,
	contract_vm_tables, contract_end, contract_s2_of, contract_stage2,
	contract_s2_attributes, contract_vtcr,
	s2_init, s2_create, s2_map, s2_unmap, s2_walk, s2_activate, s2_vttbr,
	s2_forget_vmid, vm_create, vm_destroy, vm_get, vm_owns,
};
