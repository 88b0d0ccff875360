// SPDX-License-Identifier: MIT
/*
 * Is EL2 in the state that the rest relies on? boot.S asks behind task 2, when
 * there is a stack and nothing else, so the answer is printed without a console.
 */
#include "boot_check.h"

#include <stdbool.h>

#include "early.h"
#include "exception.h"
#include "panic.h"
#include "say.h"
#include "sysreg.h"

extern const char stack_bottom[], stack_top[];

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	early_puts("\r\n[boot");
	early_puts(nonce_text());
	early_puts("] refused: ");
	early_puts(what);
	early_puts("\r\n");
	power_off();
}

void boot_check(uint64_t sp)
{
	uint64_t sctlr = read_sysreg(sctlr_el2);
	uint64_t hcr = read_sysreg(hcr_el2);

	check((read_sysreg(daif) & PSTATE_DAIF) == PSTATE_DAIF,
	      "PSTATE does not mask D, A, I and F");
	check(read_sysreg(SPSel) == 1, "SPSel is 0: SP is SP_EL0, not SP_EL2");
	check(sp == (uint64_t)stack_top, "SP is not stack_top");
	check(!(sctlr & (SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I)),
	      "SCTLR_EL2 has the MMU or a cache on");
	check((sctlr & SCTLR_EL2_RES1) == SCTLR_EL2_RES1,
	      "SCTLR_EL2 lacks bits that are RES1");
	check(hcr == HCR_EL2_RW, "HCR_EL2 is not RW alone");
	check((read_sysreg(cptr_el2) & CPTR_EL2_RES1) == CPTR_EL2_RES1,
	      "CPTR_EL2 lacks bits that are RES1");
	check(read_sysreg(cnthctl_el2) == 0, "CNTHCTL_EL2 is not 0");
	check(read_sysreg(mdcr_el2) & MDCR_EL2_TDA,
	      "MDCR_EL2 lets EL1 reach debug registers");
	check(read_sysreg(tpidr_el2) != 0, "TPIDR_EL2 does not point at boot_cpu");
}
