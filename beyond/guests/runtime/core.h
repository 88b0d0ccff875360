/* SPDX-License-Identifier: MIT */
/*
 * The cores of the guest's machine. Core 0 runs the checks. The others are started by PSCI
 * CPU_ON and wait for functions to run. The whole state of a core is in its struct core, which
 * TPIDR_EL1 points to; its stack is the end of it.
 */
#ifndef CORE_H
#define CORE_H

#define CORE_SIZE	16384	/* bytes of struct core, stack included */
#define CORE_RECOVERY	0
#define MAX_CORES	8

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>

#include "exception.h"
#include "sysreg.h"

struct frame;

/* What a core is asked to do. The fields below `state` are valid when it is JOB_DONE. */
enum job_state { JOB_NONE, JOB_READY, JOB_DONE };

struct core {
	void *recovery;			/* of the innermost attempt(); vectors.S */
	uint64_t mpidr;			/* MPIDR_EL1's affinity fields, as PSCI takes them */
	/* Called for an IRQ (`fiq` false) or FIQ that is not masked; NULL: unexpected. */
	void (*interrupt)(bool fiq);
	enum job_state state;
	void (*function)(void *argument);
	void *argument;
	bool started;
	uint64_t entry_daif, entry_sctlr;	/* as CPU_ON left them */
	unsigned int stopped;		/* ATTEMPT_EXCEPTION or ATTEMPT_FAILURE, or 0 */
	struct taken taken;
	const char *complaint;		/* of a failed expectation on this core */
	uint64_t wanted, got;
	uint8_t stack[CORE_SIZE - 256] __attribute__((aligned(256)));
};

_Static_assert(sizeof(struct core) == CORE_SIZE, "start.S relies on this");
_Static_assert(offsetof(struct core, recovery) == CORE_RECOVERY, "vectors.S relies on this");

extern struct core cores[MAX_CORES];
extern unsigned int core_count;	/* cores_find() sets it */

static inline struct core *this_core(void)
{
	return (struct core *)read_sysreg(tpidr_el1);
}

static inline unsigned int core_number(void)
{
	return this_core() - cores;
}

/*
 * Count the cores with AFFINITY_INFO, from that of the caller on: Aff0 0 to 7 of the caller's
 * Aff1 to Aff3. They need not be on.
 */
void cores_find(void);

/* Start core `n` (1 to core_count - 1) unless it runs. The check fails if it does not start. */
void core_start(unsigned int n);

/*
 * Run function(argument) on core `n`, which is started if it is off. core_begin() returns at
 * once; core_end() waits, and the check fails if the function caused an exception or failed an
 * expectation, or did not return within a second.
 */
void core_begin(unsigned int n, void (*function)(void *argument), void *argument);
void core_end(unsigned int n);
void core_run(unsigned int n, void (*function)(void *argument), void *argument);

/* Wait for functions that a failed check left on other cores, each at most a second. */
void cores_settle(void);

/* Turn this secondary core off by PSCI CPU_OFF. For core_begin(). */
void core_off(void *unused);

/* The C entry of a secondary core; start.S. */
_Noreturn void secondary_main(uint64_t daif, uint64_t sctlr);
extern char secondary_start[];
#endif

#endif
