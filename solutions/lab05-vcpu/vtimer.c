// SPDX-License-Identifier: MIT
#include "vtimer.h"

#include "counter.h"
#include "sysreg.h"

uint64_t vtimer_deadline(uint64_t now)
{
	/* HOLE(lab05.8): CNTV_CVAL_EL0 in physical time, if the timer can interrupt. */
	uint64_t ctl = read_sysreg(cntv_ctl_el0);
	uint64_t cval = read_sysreg(cntv_cval_el0);
	uint64_t virtual_now = now - read_sysreg(cntvoff_el2);

	if (!(ctl & CNT_CTL_ENABLE) || (ctl & CNT_CTL_IMASK))
		return VTIMER_NEVER;
	if (cval <= virtual_now)
		return now;
	if (cval - virtual_now > counter_ticks(VTIMER_HORIZON_S * 1000000UL))
		return VTIMER_NEVER;
	return now + (cval - virtual_now);
	/* END(lab05.8) */
}

bool vtimer_fires(void)
{
	/* HOLE(lab05.8): CNTV_CTL_EL0: enabled, not masked, the condition met. */
	return (read_sysreg(cntv_ctl_el0) &
		(CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) ==
	       (CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
	/* END(lab05.8) */
}
