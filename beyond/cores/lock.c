// SPDX-License-Identifier: MIT
#include "lock.h"

#include "core.h"
#include "panic.h"

#if CONFIG_CHECK
static void check_order(const struct lock *lock)
{
	uint64_t later = this_core()->held >> lock->order;

	if (later)
		panic("core %u takes lock %u while it holds a later one, of 0x%lx",
		      this_core()->number, lock->order, later << lock->order);
}

static void note_taken(struct lock *lock)
{
	this_core()->held |= BIT(lock->order);
	lock->owner = this_core()->number + 1;
}

static void note_released(struct lock *lock)
{
	lock_assert_held(lock);
	this_core()->held &= ~BIT(lock->order);
	lock->owner = 0;
}

void lock_assert_held(const struct lock *lock)
{
	if (lock->owner != this_core()->number + 1)
		panic("core %u needs lock %u, whose owner is %u",
		      this_core()->number, lock->order, lock->owner);
}
#else
static inline void check_order(const struct lock *lock)
{
	(void)lock;
}

static inline void note_taken(struct lock *lock)
{
	(void)lock;
}

static inline void note_released(struct lock *lock)
{
	(void)lock;
}
#endif

/*
 * Wait until `*word` is `value`. LDAXR arms the exclusive monitor, so that the store of the
 * one who releases the lock is the event that ends WFE (Arm ARM, "Wait For Event").
 */
static void wait_for(const uint32_t *word, uint32_t value)
{
	uint32_t seen;

	__asm__ volatile("	sevl\n"
			 "1:	wfe\n"
			 "	ldaxr	%w0, [%1]\n"
			 "	cmp	%w0, %w2\n"
			 "	b.ne	1b\n"
			 : "=&r"(seen) : "r"(word), "r"(value) : "cc", "memory");
}

void lock_take(struct lock *lock)
{
	uint32_t ticket;

	check_order(lock);
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		wait_for(&lock->serving, ticket);
	note_taken(lock);
}

void lock_release(struct lock *lock)
{
	note_released(lock);
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}
