/* SPDX-License-Identifier: MIT */
/* Trapped system registers: a table of rows, open for later labs. */
#ifndef SYSREG_TRAP_H
#define SYSREG_TRAP_H

#include "traps.h"

struct sysreg_trap {
	uint64_t reg;		/* ISS_SYS(op0, op1, CRn, CRm, op2) */
	/* Either may be NULL: that direction is UNDEFINED. */
	uint64_t (*read)(struct vcpu *vcpu);
	void (*write)(struct vcpu *vcpu, uint64_t value);
};

/* Emulate one more register. Panics beyond 16 rows. */
void sysreg_trap_add(const struct sysreg_trap *row);

/*
 * What a guest reads from the ID register that `reg` names (op0 = 3, op1 = 0,
 * CRn = 0): the core's value without what EL2 traps or hides; 0 for reserved.
 */
uint64_t id_register_for_guest(uint64_t reg);

#endif
