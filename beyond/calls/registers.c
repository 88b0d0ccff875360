// SPDX-License-Identifier: MIT
/*
 * Lab 4 makes every trapped register UNDEFINED that has no row. A real operating system
 * writes registers of the debug architecture without asking, because DebugVer is never 0.
 */
#include "registers.h"

#include "guest.h"
#include "sysreg_trap.h"

/* MDSCR_EL1: what a guest may set. Without breakpoints MDE and KDE are harmless. */
#define MDSCR_SS	BIT(0)		/* single step */
#define MDSCR_TDCC	BIT(12)
#define MDSCR_KDE	BIT(13)
#define MDSCR_MDE	BIT(15)
#define MDSCR_BITS	(MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE)

#define OSLSR_OSLM	BIT(3)		/* the OS Lock is implemented, and unlocked */

#define DEBUG(crn, crm, op2)	ISS_SYS(2, 0, crn, crm, op2)
#define MDSCR_EL1		DEBUG(0, 2, 2)
#define OSLAR_EL1		DEBUG(1, 0, 4)
#define OSLSR_EL1		DEBUG(1, 1, 4)

/* The value lives in the register while the vCPU is loaded, so that EL1 can be stepped. */
static void write_mdscr(struct vcore *vcore, uint64_t value)
{
	vcore->mdscr = value & MDSCR_BITS;
	write_sysreg(mdscr_el1, vcore->mdscr);
}

static uint64_t read_debug(const struct vcore *vcore, uint64_t reg)
{
	switch (reg) {
	case MDSCR_EL1:
		return vcore->mdscr;
	case OSLSR_EL1:
		return OSLSR_OSLM;
	default:
		return 0;
	}
}

/* True for what exists of the debug registers: op0 = 2, op1 = 0; not those of trace. */
static bool is_debug(uint64_t reg)
{
	return (reg & (ISS_SYS_OP0 | ISS_SYS_OP1)) == ISS_SYS(2, 0, 0, 0, 0) &&
	       FIELD_GET(ISS_SYS_CRN, reg) <= 1;
}

/*
 * The debug registers, of which there are more than the table of lab 4 has rows: breakpoints and
 * watchpoints, two registers each, of which there are 16. They are RAZ/WI, and so are the OS
 * Lock and the double lock, which no VM needs. noinline keeps sysreg_trapped() small.
 */
__attribute__((noinline))
static enum trap_result debug_trapped(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t reg = esr & ISS_SYS_REG, rt = FIELD_GET(ISS_SYS_RT, esr);

	if (esr & ISS_SYS_READ)
		vcpu_write_x(vcpu, rt, read_debug(vcore_of(vcpu), reg));
	else if (reg == MDSCR_EL1)
		write_mdscr(vcore_of(vcpu), vcpu_read_x(vcpu, rt));
	trap_skip_instruction();
	return TRAP_RESUME;
}

static enum trap_result sysreg_trapped(struct vcpu *vcpu, uint64_t esr)
{
	return is_debug(esr & ISS_SYS_REG) ? debug_trapped(vcpu, esr) :
					     sysreg_handle(vcpu, esr);
}

void registers_init(void)
{
	trap_set_handler(EC_SYSREG, sysreg_trapped);
}

/* After reset the OS Lock is locked, and debug exceptions are off (Arm ARM, OSLSR_EL1.OSLK). */
void registers_init_core(void)
{
	write_sysreg(oslar_el1, 0);
	write_sysreg(osdlr_el1, 0);
	write_sysreg(mdscr_el1, 0);
}
