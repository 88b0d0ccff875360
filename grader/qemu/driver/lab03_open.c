// SPDX-License-Identifier: MIT
/* For the contract of the log of written pages: writes of EL1, and what the log finds. */
#include "driver.h"

#include "barrier.h"
#include "cache.h"
#include "dirty_log.h"
#include "esr.h"
#include "page_pool.h"
#include "stage2.h"
#include "string.h"
#include "sysreg.h"
#include "touch.h"

#define IPAS_MAX	(2 * (SLOT_SIZE + MAILBOX_SIZE) / PAGE_SIZE)

/* What an access of EL1 came to. */
enum access {
	ACCESS_DONE,
	ACCESS_REPEATED,	/* dirty_log_fault() returned true, and then it was done */
	ACCESS_REFUSED,		/* a permission fault: dirty_log_fault() returned false */
	ACCESS_FAULTS_AGAIN,
	ACCESS_OTHER,		/* another exception: x1 is ESR_EL2 */
};

struct vm *contract_guest(const char *name);
struct result contract_write(struct vm *vm, uint64_t ipa);
struct result contract_reads(struct vm *vm, uint64_t ipa);
struct result contract_collect(struct vm *vm, size_t max);
uint64_t contract_fault_all(struct vm *vm);
uint64_t contract_ipas(void);
uint64_t contract_end_all(void);

/* Create a VM with touch_code at the start of its slot. */
struct vm *contract_guest(const char *name)
{
	struct vm *vm = vm_create(name);
	void *code = vm ? (void *)SLOT_ADDR(vm->id) : NULL;

	if (!vm)
		return NULL;
	memcpy(code, touch_code, touch_code_end - touch_code);
	cache_clean_invalidate(code, touch_code_end - touch_code);
	icache_invalidate_all();
	return vm;
}

static bool done(struct touch touch)
{
	return esr_ec(touch.esr) == EC_HVC64;
}

static bool is_permission_fault(struct touch touch)
{
	return esr_ec(touch.esr) == EC_DABT_LOWER &&
	       (touch.esr & FSC_TYPE) == FSC_PERMISSION;
}

/* EL1 writes a byte at `ipa`. The table that was active stays active, so TLB entries stay. */
struct result contract_write(struct vm *vm, uint64_t ipa)
{
	const uint64_t code = SLOT_ADDR(vm->id);
	struct touch touch;

	s2_activate(&vm->s2);
	touch = touch_write(ipa, code);
	if (done(touch))
		return (struct result){ ACCESS_DONE, 0 };
	if (!is_permission_fault(touch))
		return (struct result){ ACCESS_OTHER, touch.esr };
	if (!dirty_log_fault(vm, ipa))
		return (struct result){ ACCESS_REFUSED, 0 };
	return (struct result){ done(touch_write(ipa, code)) ? ACCESS_REPEATED :
				ACCESS_FAULTS_AGAIN, 0 };
}

/* EL1 reads a byte at `ipa`. */
struct result contract_reads(struct vm *vm, uint64_t ipa)
{
	struct touch touch;

	s2_activate(&vm->s2);
	touch = touch_read(ipa, SLOT_ADDR(vm->id));
	return (struct result){ done(touch) ? ACCESS_DONE : ACCESS_OTHER, touch.esr };
}

static uint64_t ipas[IPAS_MAX];

/* Record what dirty_log_collect() stores, and the word after it. */
struct result contract_collect(struct vm *vm, size_t max)
{
	size_t count;

	memset(ipas, 0xff, sizeof(ipas));
	count = dirty_log_collect(vm, ipas, max);
	record(RECORD_WORDS, ipas, MIN(count + 1, IPAS_MAX));
	return (struct result){ count, 0 };
}

/* An array for dirty_log_collect(). */
uint64_t contract_ipas(void)
{
	return (uint64_t)ipas;
}

/* A fault at each page of the slot. Return how many the log caused. */
uint64_t contract_fault_all(struct vm *vm)
{
	uint64_t count = 0;

	for (uint64_t at = 0; at < SLOT_SIZE; at += PAGE_SIZE)
		count += dirty_log_fault(vm, SLOT_ADDR(vm->id) + at);
	return count;
}

/* Destroy all VMs. Return the number of free pages. */
uint64_t contract_end_all(void)
{
	write_sysreg(vttbr_el2, 0);
	isb();
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id))
			vm_destroy(vm_get(id));
	return page_count_free();
}

const void *const lab03_open_functions[] = {
	contract_guest, contract_write, contract_reads, contract_collect, contract_ipas,
	contract_fault_all, contract_end_all,
	dirty_log_start, dirty_log_fault, dirty_log_collect, dirty_log_stop,
};
