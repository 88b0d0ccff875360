// SPDX-License-Identifier: MIT
/*
 * Check that EL2 is in the state that all other code relies on. boot.S calls this
 * after task 2, when there is a stack but no console, so messages use early_say().
 */
#include "boot_check.h"

#include <stdbool.h>

#include "early.h"
#include "exception.h"
#include "panic.h"
#include "sysreg.h"

extern const char stack_top[], bss_start[], bss_end[];
uint64_t performance_counters(void);	/* boot.S */

#define MDCR_TRAPS	(MDCR_EL2_TDRA | MDCR_EL2_TDOSA | MDCR_EL2_TDA | \
			 MDCR_EL2_TPM | MDCR_EL2_TPMCR)

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	early_say("boot", "refused: ", what);
	power_off();
}

void boot_check_state(uint64_t sp)
{
	uint64_t sctlr = read_sysreg(sctlr_el2);
	uint64_t cptr = read_sysreg(cptr_el2), mdcr = read_sysreg(mdcr_el2);
	uint64_t tpidr = read_sysreg(tpidr_el2);

	check((read_sysreg(daif) & PSTATE_DAIF) == PSTATE_DAIF,
	      "PSTATE does not mask D, A, I and F");
	check(read_sysreg(SPSel) == 1, "SPSel is 0: SP is SP_EL0, not SP_EL2");
	check(sp == (uint64_t)stack_top, "SP is not stack_top");
	check(!(sctlr & (SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I)),
	      "SCTLR_EL2 has the MMU or a cache on");
	check((sctlr & SCTLR_EL2_RES1) == SCTLR_EL2_RES1,
	      "SCTLR_EL2 lacks bits that are RES1");
	check(sctlr & SCTLR_ELx_SA, "SCTLR_EL2.SA is 0: SP is not checked");
	check(read_sysreg(hcr_el2) == HCR_EL2_RW, "HCR_EL2 is not RW alone");
	check((cptr & CPTR_EL2_RES1) == CPTR_EL2_RES1,
	      "CPTR_EL2 lacks bits that are RES1");
	check(cptr & CPTR_EL2_TFP, "CPTR_EL2 does not trap FP");
	check((mdcr & MDCR_TRAPS) == MDCR_TRAPS,
	      "MDCR_EL2 lets EL1 reach debug or PMU registers");
	check((mdcr & MDCR_EL2_HPMN) == performance_counters(),
	      "MDCR_EL2.HPMN is not the number of event counters");
	check(read_sysreg(cnthctl_el2) == 0, "CNTHCTL_EL2 is not 0");
	check(read_sysreg(cntvoff_el2) == 0, "CNTVOFF_EL2 is not 0");
	check(read_sysreg(cnthp_ctl_el2) == 0, "CNTHP_CTL_EL2 is not 0");
	check(read_sysreg(cntv_ctl_el0) == 0, "CNTV_CTL_EL0 is not 0");
	check(read_sysreg(hstr_el2) == 0, "HSTR_EL2 is not 0");
	check(read_sysreg(vttbr_el2) == 0, "VTTBR_EL2 is not 0");
	check(read_sysreg(sctlr_el1) == SCTLR_EL1_RES1,
	      "SCTLR_EL1 is not SCTLR_EL1_RES1");
	check(tpidr >= (uint64_t)bss_start && tpidr < (uint64_t)bss_end,
	      "TPIDR_EL2 does not point at boot_cpu");
}
