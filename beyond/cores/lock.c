// SPDX-License-Identifier: MIT
#include "lock.h"

#include "core.h"
#include "panic.h"

#if CONFIG_CHECK
void lock_check_order(const struct lock *lock)
{
	uint64_t later = this_core()->held >> lock->order;

	if (later)
		panic("core %u takes lock %u while it holds a later one, of 0x%lx",
		      this_core()->number, lock->order, later << lock->order);
}

void lock_note_taken(struct lock *lock)
{
	this_core()->held |= BIT(lock->order);
	lock->owner = this_core()->number + 1;
}

void lock_note_released(struct lock *lock)
{
	if (lock->owner != this_core()->number + 1)
		panic("core %u releases lock %u, whose owner is %u", this_core()->number,
		      lock->order, lock->owner);
	this_core()->held &= ~BIT(lock->order);
	lock->owner = 0;
}
#endif

/*
 * LDAXR arms the exclusive monitor, so that the store of the
 * one who releases the lock is the event that ends WFE (Arm ARM, "Wait For Event").
 */
void lock_wait(const uint32_t *word, uint32_t value)
{
	uint32_t seen;

	__asm__ volatile("	sevl\n"
			 "1:	wfe\n"
			 "	ldaxr	%w0, [%1]\n"
			 "	cmp	%w0, %w2\n"
			 "	b.ne	1b\n"
			 : "=&r"(seen) : "r"(word), "r"(value) : "cc", "memory");
}
