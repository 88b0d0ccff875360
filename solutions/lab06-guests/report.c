// SPDX-License-Identifier: MIT
#include "report.h"

#include "cache.h"
#include "mailbox.h"
#include "printf.h"

/* True if `key` is terminated and safe to print on a terminal. */
static bool key_ok(const char *key)
{
	/* HOLE(lab06.5): 1 to MAILBOX_KEY_SIZE - 1 printable characters but `=`, then a NUL. */
	for (int i = 0; i < MAILBOX_KEY_SIZE; i++) {
		if (!key[i])
			return i > 0;
		if (key[i] < ' ' || key[i] > '~' || key[i] == '=')
			return false;
	}
	return false;
	/* END(lab06.5) */
}

static void dump_mailbox(const struct vm *vm)
{
	/* HOLE(lab06.5): Check the mailbox, which is untrusted input, then print its entries. */
	const struct mailbox *box = (const struct mailbox *)MAILBOX_ADDR(vm->id);

	/* The guest may have written it past the caches: cache.h. */
	cache_clean_invalidate(box, sizeof(*box));
	if (box->magic != MAILBOX_MAGIC || box->count > MAILBOX_ENTRIES) {
		printf("[mailbox] vm%u %s: no mailbox\n", vm->id, vm->name);
		return;
	}
	for (uint64_t i = 0; i < box->count; i++) {
		const struct mailbox_entry *entry = &box->entry[i];

		printf("[mailbox] vm%u %s: %s = 0x%lx\n", vm->id, vm->name,
		       key_ok(entry->key) ? entry->key : "(bad key)",
		       entry->value);
	}
	/* END(lab06.5) */
}

void guest_shared_dump(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id))
			dump_mailbox(vm_get(id));
}

void exit_report(void)
{
	/* HOLE(lab06.5): Print each class that occurred, for each vCPU. */
	struct vcpu *last = vcpu_ring(), *vcpu = last;

	do {
		vcpu = vcpu->next;
		printf("[exits] vm%u %s:", vcpu->vm->id, vcpu->vm->name);
		for (unsigned int class = 0; class < EXIT_CLASSES; class++)
			if (vcpu->exits[class])
				printf(" %s %lu", exit_class_name(class),
				       vcpu->exits[class]);
		printf("\n");
	} while (vcpu != last);
	/* END(lab06.5) */
}
