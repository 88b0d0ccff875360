// SPDX-License-Identifier: MIT
/*
 * The log is in the leaves themselves. Bit 55 of a page's descriptor, which is for
 * software (Arm ARM, "Stage 2 VMSAv8-64 Block and Page descriptors"), says that the page is
 * logged. A logged page that is writable was written.
 */
#include "dirty_log.h"

#include "error.h"
#include "page_pool.h"
#include "panic.h"
#include "stage2.h"

#define LOGGED	BIT(55)

static bool on[VM_MAX];

/* Walk the mailbox and the slot, in this order: that of their addresses. */
static int walk(struct vm *vm, int (*visit)(struct pt_visit *), void *arg)
{
	int result = pt_walk(&vm->s2, MAILBOX_ADDR(vm->id), MAILBOX_SIZE, visit, arg);

	return result ? result : pt_walk(&vm->s2, SLOT_ADDR(vm->id), SLOT_SIZE, visit, arg);
}

static bool writable(uint64_t entry)
{
	return (entry & PTE_VALID) && (entry & S2_S2AP_W);
}

static int visit_count_blocks(struct pt_visit *v)
{
	*(size_t *)v->arg += v->level < PT_LAST_LEVEL && writable(*v->entry);
	return 0;
}

/* Replace a block by a table of pages: break before make, as in lab 2. */
static int split(struct pt_visit *v)
{
	uint64_t page = (*v->entry & ~PTE_TYPE) | PTE_PAGE, *table = page_alloc(1);

	assert(table);	/* dirty_log_start() has counted */
	for (size_t i = 0; i < PT_ENTRIES; i++)
		table[i] = page + i * PAGE_SIZE;
	*v->entry = 0;
	v->pt->regime->invalidate(v->pt, v->start);
	*v->entry = (uint64_t)table | PTE_TABLE;
	return 0;	/* the caller waits for this store: s2_forget_vmid() */
}

/*
 * A change of permissions alone needs no break (Arm ARM, "Using break-before-make when
 * updating translation table entries"), but TLB maintenance afterwards: the caller's.
 */
static int visit_protect(struct pt_visit *v)
{
	if (!writable(*v->entry))
		return 0;
	if (v->level < PT_LAST_LEVEL)
		return split(v);	/* the walk continues in the table */
	*v->entry = (*v->entry & ~S2_S2AP_W) | LOGGED;
	return 0;
}

int dirty_log_start(struct vm *vm)
{
	size_t blocks = 0;

	if (on[vm->id])
		return E_EXISTS;
	walk(vm, visit_count_blocks, &blocks);
	if (page_count_free() < blocks)
		return E_NO_MEMORY;
	walk(vm, visit_protect, NULL);
	s2_forget_vmid(&vm->s2);	/* no TLB entry permits a write */
	on[vm->id] = true;
	return 0;
}

static int visit_fault(struct pt_visit *v)
{
	if (!(*v->entry & LOGGED) || writable(*v->entry))
		return false;
	*v->entry |= S2_S2AP_W;
	/* A TLB may hold the entry that caused the fault: the write would fault again. */
	v->pt->regime->invalidate(v->pt, v->start);
	return true;
}

bool dirty_log_fault(struct vm *vm, uint64_t ipa)
{
	return vm_owns(vm, ipa, 1) &&
	       pt_walk(&vm->s2, ALIGN_DOWN(ipa, PAGE_SIZE), PAGE_SIZE, visit_fault, NULL);
}

struct written {
	uint64_t *ipas;
	size_t count, max;
};

static int visit_collect(struct pt_visit *v)
{
	struct written *written = v->arg;

	if (written->count == written->max)
		return true;
	if ((*v->entry & LOGGED) && writable(*v->entry)) {
		*v->entry &= ~S2_S2AP_W;
		written->ipas[written->count++] = v->start;
	}
	return 0;
}

size_t dirty_log_collect(struct vm *vm, uint64_t *ipas, size_t max)
{
	struct written written = { ipas, 0, max };

	walk(vm, visit_collect, &written);
	/* Writes until here are in the pages that the caller copies next; later ones fault. */
	if (written.count)
		s2_forget_vmid(&vm->s2);
	return written.count;
}

static int visit_release(struct pt_visit *v)
{
	if (*v->entry & LOGGED)
		*v->entry = (*v->entry & ~LOGGED) | S2_S2AP_W;
	return 0;
}

int dirty_log_stop(struct vm *vm)
{
	if (!on[vm->id])
		return E_NOT_FOUND;
	walk(vm, visit_release, NULL);
	s2_forget_vmid(&vm->s2);	/* no TLB entry forbids a write */
	on[vm->id] = false;
	return 0;
}
