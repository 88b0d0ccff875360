/* SPDX-License-Identifier: MIT */
/*
 * What belongs to one core. TPIDR_EL2 holds its address, so code that runs on
 * any core finds its own without asking which core it is on.
 */
#ifndef CPU_H
#define CPU_H

#include "sysreg.h"

struct vcpu;

struct cpu {
	struct vcpu *loaded;	/* whose EL1 state is in the registers; or NULL */
};

/* The core that executes this. boot.S has set TPIDR_EL2. */
static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)read_sysreg(tpidr_el2);
}

#endif
