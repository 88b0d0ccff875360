/* SPDX-License-Identifier: MIT */
/*
 * The data of one core. TPIDR_EL2 holds its address, so code finds the data of
 * the core that it runs on without knowing the core's number.
 */
#ifndef CPU_H
#define CPU_H

#include <stddef.h>

#include "sysreg.h"

struct vcpu;

struct cpu {
	struct vcpu *loaded;	/* whose EL1 state is in the registers; or NULL */
	uint64_t redistributor;	/* lab 5: RD_base of its GIC redistributor */
};

_Static_assert(sizeof(struct cpu) <= 64, "boot.S reserves 64 bytes");
_Static_assert(offsetof(struct cpu, loaded) == 0 &&
	       offsetof(struct cpu, redistributor) == 8,
	       "grader/labs/lab04/exit_handlers.py and grader/gdb/vgic.py rely on this layout");

/* The data of the core that executes this. boot.S sets TPIDR_EL2. */
static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)read_sysreg(tpidr_el2);
}

#endif
