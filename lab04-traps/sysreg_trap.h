/* SPDX-License-Identifier: MIT */
/* Trapped system registers: a table that later labs extend. */
#ifndef SYSREG_TRAP_H
#define SYSREG_TRAP_H

#include "traps.h"

struct sysreg_trap {
	uint64_t reg;		/* ISS_SYS(op0, op1, CRn, CRm, op2) */
	/* Either may be NULL: that direction is UNDEFINED. */
	uint64_t (*read)(struct vcpu *vcpu);
	void (*write)(struct vcpu *vcpu, uint64_t value);
};

/* Add a row to the table. Panics beyond 64 rows. */
void sysreg_trap_add(const struct sysreg_trap *row);

/*
 * The value that a guest reads from ID register `reg` (op0 = 3, op1 = 0, CRn = 0):
 * that of the core without the features that EL2 traps or hides; 0 if reserved.
 */
uint64_t id_register_for_guest(uint64_t reg);

#endif
