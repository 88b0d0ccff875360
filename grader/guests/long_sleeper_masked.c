// SPDX-License-Identifier: MIT
/* Sleep long, call EL2 without a pause, then wait for a timer that is masked. */
#include "long_sleeper.h"
#include "sysreg.h"

#define NAME	"long_sleeper_masked"

void main(void)
{
	sleep_and_call(NAME);
	write_sysreg(cntv_cval_el0, in_us(500));
	write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE | CNT_CTL_IMASK);
	wait_in_vain(NAME);
}
