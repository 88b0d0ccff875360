// SPDX-License-Identifier: MIT
/*
 * EL1's system registers: every one that a guest can write without a trap. One
 * that is missing here is a channel between VMs, or a guest that breaks when
 * another one ran in between. ELR_EL2 and SPSR_EL2 are the guest's PC and PSTATE.
 */
#include "context.h"
#include "sysreg_pair.h"

/* HOLE(lab05.1): The registers, in pairs: PAIR(p, first, second) for each two. */
#define EL1_REGISTERS(PAIR)			\
	PAIR(p, sctlr_el1, cpacr_el1);		\
	PAIR(p, ttbr0_el1, ttbr1_el1);		\
	PAIR(p, tcr_el1, mair_el1);		\
	PAIR(p, amair_el1, contextidr_el1);	\
	PAIR(p, vbar_el1, par_el1);		\
	PAIR(p, elr_el1, spsr_el1);		\
	PAIR(p, esr_el1, far_el1);		\
	PAIR(p, afsr0_el1, afsr1_el1);		\
	PAIR(p, sp_el0, sp_el1);		\
	PAIR(p, tpidr_el0, tpidrro_el0);	\
	PAIR(p, tpidr_el1, csselr_el1);		\
	PAIR(p, cntkctl_el1, VDISR_EL2);	\
	PAIR(p, elr_el2, spsr_el2)
/* END(lab05.1) */

void el1_save(uint64_t *el1)
{
	uint64_t *p = el1;

	EL1_REGISTERS(save_pair);
}

void el1_load(const uint64_t *el1)
{
	const uint64_t *p = el1;

	EL1_REGISTERS(load_pair);
}
