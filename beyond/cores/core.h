/* SPDX-License-Identifier: MIT */
/*
 * A physical core. TPIDR_EL2 holds the address of its struct core, which begins with
 * the struct cpu of the labs: what they keep of a core works unchanged on each one.
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#define CORES_MAX	8

struct vcore;

struct core {
	struct cpu cpu;			/* first: this_cpu() */
	uint64_t stack;			/* its SP when it starts */
	unsigned int number;		/* 0 is the one that boots */
	bool started;			/* it waits for core_run_all(), or runs */
	uint64_t affinity;		/* its MPIDR_EL1.Aff3 to Aff0 */
	struct vcpu *last;		/* its newest vCPU: a ring, as vcpu_ring() has */
	uint64_t held;			/* CHECK=1: the locks that it holds, a bit for each order */
	bool holds_timer;		/* interrupts/timer_list.h */
	bool gic_asked;			/* interrupts/lists.h: another core waits for an answer, */
	uint64_t gic_answers;		/* and how many there were */
	uint64_t idle_ticks, idle_count;
};

_Static_assert(offsetof(struct core, cpu) == 0, "this_core() relies on it");

extern struct core cores[CORES_MAX];
extern unsigned int core_count;		/* those that have started */

static inline struct core *this_core(void)
{
	return (struct core *)this_cpu();
}

/* Make this core, the one that booted, cores[0]: before all that keeps data of a core. */
void core_init(void);

/*
 * Set up what each core has of its own: stage 2, traps, context, interrupts. On every core,
 * once, when its vectors, its MMU and its part of the GIC are set up.
 */
void core_setup(void);

/*
 * Start `count` - 1 more cores by PSCI CPU_ON. Each gets the control registers of this
 * one, its own stack, redistributor and timer, and waits until core_run_all(). Panics if
 * one does not start.
 */
void core_start_all(unsigned int count);

/* Let every core run its vCPUs, this one too. Returns on core 0 when all have ended. */
void core_run_all(void);

/*
 * Make `core` look for word: the stores before this call are visible to it before
 * the SGI arrives (DSB ISHST, then ICC_SGI1R_EL1). It ends that core's guest or WFI.
 */
void core_kick(const struct core *core);

/* The SGI of core_kick(). */
#define KICK_INTID	0

#endif
