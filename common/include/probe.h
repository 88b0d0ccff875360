/* SPDX-License-Identifier: MIT */
/*
 * Accesses by EL2 that may fault. Each instruction has an entry in the fix-up
 * table, which exception_fixup() of lab 1 reads, so a fault is returned as a value
 * and does not stop the machine.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>
#include <stdint.h>

struct probe {
	uint64_t esr;	/* ESR_EL2 of the fault, or 0 if there was none */
	uint64_t far;	/* FAR_EL2 of the fault */
};

_Static_assert(offsetof(struct probe, far) == 8 && sizeof(struct probe) == 16,
	       "probe.S returns it in x0 and x1");

struct probe probe_read(uint64_t va);	/* one byte */
struct probe probe_write(uint64_t va);	/* one byte, with its own value */
struct probe probe_exec(uint64_t va);	/* a call; the target must return */

/* An entry of the fix-up table, section .extable. */
struct extable_entry {
	uint64_t insn;	/* the instruction that may fault */
	uint64_t fixup;	/* where to continue, with x0 = ESR and x1 = FAR */
};

_Static_assert(offsetof(struct extable_entry, fixup) == 8 &&
	       sizeof(struct extable_entry) == 16,
	       "the macro extable of probe.S writes this layout");

extern const struct extable_entry extable_start[], extable_end[];

#endif
