// SPDX-License-Identifier: MIT
#include "build.h"

#include "bundle.h"
#include "counter.h"
#include "describe.h"
#include "error.h"
#include "idle.h"
#include "load.h"
#include "refusal.h"
#include "say.h"
#include "string.h"
#include "terminal.h"

static struct guest *built[VM_MAX];
static unsigned int built_count;

struct guest *guest_number(unsigned int n)
{
	return n < built_count ? built[n] : NULL;
}

static void init_locks(struct guest *guest)
{
	guest->power.lock.order = LOCK_POWER;
	guest->memory.lock.order = LOCK_MEMORY;
	guest->gic.lock.order = LOCK_GIC;
}

/* A member becomes a VM's memory only if it is not needed later, as it was. */
static bool may_give(const struct guest *guest, struct blob member)
{
	for (unsigned int n = 0; n < built_count; n++)
		if (built[n] != guest && (built[n]->kernel.data == member.data ||
					  built[n]->initrd.data == member.data))
			return false;
	return !guest->keeps;
}

/* Everything but its kernel: that comes when all VMs have been described. */
static int build(struct guest *guest, struct blob tree, const char **culprit)
{
	uint32_t chosen;
	struct fdt fdt;
	int error = fdt_open(&fdt, tree);

	init_locks(guest);
	if (!error)
		error = describe(guest, &fdt, culprit);
	if (!error)
		error = load_find(guest, &fdt);
	if (error)
		return error;
	gic_reset(guest);
	chosen = fdt_path(&fdt, "/chosen");
	guest->tree = tree;
	guest->keeps = fdt_property(&fdt, chosen, "schism,keep").data;
	error = fdt_number(&fdt, chosen, "schism,quota", &guest->memory.quota);
	return error == E_NOT_FOUND ? 0 : error;
}

/* The length of NAME if `name` is NAME.dtb and not the machine's own tree, else 0. */
static size_t tree_name(const char *name)
{
	size_t length = strlen(name);

	if (length <= 4 || strcmp(name + length - 4, ".dtb") || !strcmp(name, MACHINE_TREE))
		return 0;
	return length - 4;
}

static struct vm *create(const char *name, size_t length)
{
	struct vm *vm = built_count < VM_MAX ? vm_create("") : NULL;
	struct guest *guest = guest_of(vm);

	if (!vm)
		return NULL;
	memcpy(guest->name, name, MIN(length, GUEST_NAME - 1));
	vm->name = guest->name;
	return vm;
}

static void refuse_vm(struct vm *vm, const char *name, const char *culprit, int error)
{
	say("vm", "%s: refused: %s%s%s\n", name, culprit ? culprit : "", culprit ? ": " : "",
	    refusal_sentence(error));
	if (vm)
		vm_destroy(vm);
}

static void build_one(const struct cpio_member *member)
{
	struct vm *vm = create(member->name, tree_name(member->name));
	const char *culprit = NULL;
	int error = vm ? build(guest_of(vm), member->data, &culprit) : E_NO_MEMORY;

	if (error)
		refuse_vm(vm, member->name, culprit, error);
	else
		built[built_count++] = guest_of(vm);
}

/* True if it boots. */
static bool boot(struct guest *guest)
{
	struct fdt fdt;
	int error = fdt_open(&fdt, guest->tree);

	if (!error)
		error = load_all(guest, &fdt, may_give);
	if (error) {
		refuse_vm(&guest->vm, guest->name, NULL, error);
		return false;
	}
	guest->epoch = counter_now();
	power_cpu_on(guest, 0, guest->entry, guest->context_id);
	idle_guest_begins();
	say("vm", "%u: %s, %u vCPUs, entry 0x%lx\n", guest->vm.id, guest->name,
	    guest->cpu_count, guest->entry);
	return true;
}

unsigned int build_all(void)
{
	struct cpio_member member = { 0 };
	unsigned int booted = 0;
	int more;

	while ((more = cpio_next(bundle(), &member)) > 0)
		if (tree_name(member.name))
			build_one(&member);
	if (more < 0)
		say("vm", "the rest of the bundle: refused: %s\n", refusal_sentence(more));
	for (unsigned int n = 0; n < built_count; n++)
		booted += boot(built[n]);
	return booted;
}

/* It was copied before, and is copied again. */
static bool never_give(const struct guest *guest, struct blob member)
{
	(void)guest;
	(void)member;
	return false;
}

int guest_boot(struct guest *guest)
{
	struct fdt fdt;

	if (!guest->keeps || fdt_open(&fdt, guest->tree))
		return E_NOT_FOUND;
	memory_reset(guest);
	gic_reset(guest);
	console_reset(guest);
	clock_reset(guest);
	guest->epoch = counter_now();
	return load_all(guest, &fdt, never_give);
}

void guest_end(struct guest *guest)
{
	terminal_leave(guest);
	vm_destroy(&guest->vm);
	idle_guest_ended();
}
