// SPDX-License-Identifier: MIT
/*
 * Injection of an exception into EL1, with the state that the hardware would have
 * set up: Arm ARM pseudocode AArch64.TakeException(), "Exception entry".
 */
#include "traps.h"

/* The vector for a synchronous exception, by the guest's EL and SP. */
static uint64_t vector_offset(uint64_t spsr)
{
	if (spsr & SPSR_M_AARCH32)
		return 0x600;
	switch (spsr & SPSR_M) {
	case SPSR_M_EL0T:	return 0x400;
	case SPSR_M_EL1T:	return 0x000;
	default:		return 0x200;
	}
}

/* Always inline, because a call would cost the UNDEFINED exception 8 instructions. */
static inline __attribute__((always_inline)) void take_exception(uint64_t esr)
{
	uint64_t spsr = read_sysreg(spsr_el2);
	uint64_t sctlr = read_sysreg(sctlr_el1);
	uint64_t pstate = (spsr & (SPSR_NZCV | SPSR_DIT | SPSR_PAN)) |
			  PSTATE_DAIF | SPSR_M_EL1H;

	if (spsr & SPSR_M_AARCH32)
		pstate &= ~SPSR_DIT;	/* a different bit in AArch32 */
	if (!(sctlr & SCTLR_EL1_SPAN))
		pstate |= SPSR_PAN;
	if (sctlr & SCTLR_EL1_DSSBS)
		pstate |= SPSR_SSBS;

	write_sysreg(elr_el1, read_sysreg(elr_el2));
	write_sysreg(spsr_el1, spsr);
	write_sysreg(esr_el1, esr);
	write_sysreg(elr_el2, read_sysreg(vbar_el1) + vector_offset(spsr));
	write_sysreg(spsr_el2, pstate);
}

void inject_exception(uint64_t esr)
{
	take_exception(esr);
}

enum trap_result inject_undefined(struct vcpu *vcpu, uint64_t esr)
{
	(void)vcpu;
	take_exception(FIELD_PREP(ESR_ELx_EC, EC_UNKNOWN) | (esr & ESR_ELx_IL));
	return TRAP_RESUME;
}
