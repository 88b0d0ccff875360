// SPDX-License-Identifier: MIT
#include "no_gic.h"

#include "barrier.h"
#include "gicv3.h"
#include "sysreg.h"

void no_gic(void)
{
	if (!(read_sysreg(id_aa64pfr0_el1) & ID_AA64PFR0_GIC))
		return;		/* no system registers, nothing to trap */
	/* Without ICC_SRE_EL2.Enable, ICC_SRE_EL1 traps. */
	write_sysreg(icc_sre_el2, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();		/* ICH_HCR_EL2 is accessible only after this */
	write_sysreg(ich_hcr_el2, ICH_HCR_EL2_TC | ICH_HCR_EL2_TALL0 | ICH_HCR_EL2_TALL1);
	isb();
}
