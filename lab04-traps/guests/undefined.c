// SPDX-License-Identifier: MIT
/*
 * Features that guests of lab 4 do not have must be UNDEFINED at EL1, with the right
 * exception state, and the guest must be able to continue.
 */
#include "esr.h"
#include "guest.h"
#include "sysreg.h"

static volatile unsigned int taken;
static volatile uint64_t where, syndrome, from_slot;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	from_slot = slot;
	syndrome = esr;
	where = *elr;
	taken++;
	*elr += 4;
}

/* Execute one instruction, given as a word; it must be UNDEFINED. */
#define try(what, word) do {						\
	uint64_t here_;							\
	unsigned int before_ = taken;					\
	__asm__ volatile("adr %0, 1f\n1: .inst " #word			\
			 : "=&r"(here_) :: "memory", "x0", "x1");	\
	printf("undefined: %s: %s\n", what,				\
	       taken == before_ ? "executed" :				\
	       esr_ec(syndrome) != EC_UNKNOWN ? "not EC 0" :		\
	       from_slot != 4 ? "another vector" :			\
	       where != here_ ? "another ELR" : "UNDEFINED");		\
} while (0)

void main(void)
{
	/* EL1 enables FP, SVE and PAuth; only EL2 traps them. */
	write_sysreg(cpacr_el1, CPACR_EL1_FPEN | CPACR_EL1_ZEN);
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_EL1_EnIA);
	__asm__ volatile("isb");

	try("an unallocated instruction", 0x00000000);
	try("HLT", 0xd4400000);
	try("an FP register, fmov d0, xzr", 0x9e6703e0);
	try("a vector, movi v0.2d, #0", 0x6f00e400);
	try("SVE, ptrue p0.b", 0x2518e3e0);
	try("a key register, msr APIAKeyLo_EL1, xzr", 0xd518211f);
	try("pointer authentication, pacia x0, x1", 0xdac10020);
	printf("undefined: all of them survived, %u exceptions\n", taken);
}
