/* SPDX-License-Identifier: MIT */
/*
 * Ticket locks: cores get the lock in the order in which they asked for it, so none
 * waits forever. Interrupts are always masked at EL2, so a core that holds a lock is
 * never interrupted.
 *
 * A core that holds a lock may take only one that comes later in this list. With CHECK=1
 * every take and release is checked against that, and against the owner.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

enum lock_order {
	LOCK_POWER = 1,		/* of a VM: which vCPUs are on, cores/power.h */
	LOCK_MEMORY,		/* of a VM: its regions and its stage 2, memory/region.h */
	LOCK_DEVICE,		/* of a VM: one of its devices, devices/ */
	LOCK_GIC,		/* of a VM: distributor and redistributors, interrupts/ */
	LOCK_VMID,		/* which VMIDs are used, memory/vmid.h */
	LOCK_FRAMES,		/* which frames are free, memory/frames.h */
	LOCK_CONSOLE,		/* the host's terminal, devices/terminal.h */
};

struct lock {
	uint32_t next;		/* the ticket of the next who asks */
	uint32_t serving;	/* the ticket that has the lock */
	uint32_t order;		/* enum lock_order */
	uint32_t owner;		/* core number + 1 of the holder; CHECK=1 only */
};

#define LOCK_INIT(lock_order)	{ .order = (lock_order) }

/* With CHECK=1: panic if the order is not kept, or the owner is another. */
#if CONFIG_CHECK
void lock_check_order(const struct lock *lock);
void lock_note_taken(struct lock *lock);
void lock_note_released(struct lock *lock);
#else
#define lock_check_order(lock)		((void)(lock))
#define lock_note_taken(lock)		((void)(lock))
#define lock_note_released(lock)	((void)(lock))
#endif

/* Wait by WFE until `*word` is `value`. */
void lock_wait(const uint32_t *word, uint32_t value);

/* Take it. Later accesses come after it (Load-Acquire). Inline: it is on every hot path. */
static inline void lock_take(struct lock *lock)
{
	uint32_t ticket;

	lock_check_order(lock);
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		lock_wait(&lock->serving, ticket);
	lock_note_taken(lock);
}

/* Release it. Earlier accesses come before it (Store-Release). Wakes who waits. */
static inline void lock_release(struct lock *lock)
{
	lock_note_released(lock);
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

#endif
