// SPDX-License-Identifier: MIT
#include "vtimer.h"

#include "sysreg.h"

uint64_t vtimer_deadline(void)
{
	/* HOLE(lab05.8): CNTV_CVAL_EL0 in physical time, if the timer can interrupt. */
	uint64_t ctl = read_sysreg(cntv_ctl_el0);
	uint64_t cval = read_sysreg(cntv_cval_el0);
	uint64_t offset = read_sysreg(cntvoff_el2);

	if (!(ctl & CNT_CTL_ENABLE) || (ctl & CNT_CTL_IMASK) ||
	    cval > VTIMER_NEVER - offset)
		return VTIMER_NEVER;
	return cval + offset;
	/* END(lab05.8) */
}
