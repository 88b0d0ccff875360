// SPDX-License-Identifier: MIT
/* Sleep long, call EL2 without a pause, then wait for a timer that fires centuries from now. */
#include "long_sleeper.h"
#include "sysreg.h"

#define NAME	"long_sleeper_far"

void main(void)
{
	sleep_and_call(NAME);
	timer_at(BIT(60));
	wait_in_vain(NAME);
}
