// SPDX-License-Identifier: MIT
#include "vtimer.h"

#include "barrier.h"
#include "context.h"
#include "sysreg.h"

void vtimer_save(struct vtimer_context *vtimer)
{
	/* HOLE(lab05.8): The timer's state; then off, or it would interrupt the next guest. */
	vtimer->ctl = read_sysreg(cntv_ctl_el0);
	vtimer->cval = read_sysreg(cntv_cval_el0);
	vtimer->offset = read_sysreg(cntvoff_el2);
	write_sysreg(cntv_ctl_el0, 0);
	/* END(lab05.8) */
}

void vtimer_load(const struct vtimer_context *vtimer)
{
	/* HOLE(lab05.8): The offset before the timer goes on that is measured by it. */
	write_sysreg(cntvoff_el2, vtimer->offset);
	write_sysreg(cntv_cval_el0, vtimer->cval);
	isb();
	write_sysreg(cntv_ctl_el0, vtimer->ctl);
	/* If it has expired, its line is up now, and PPI 27 comes at once. */
	/* END(lab05.8) */
}

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
