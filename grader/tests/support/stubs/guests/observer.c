// SPDX-License-Identifier: MIT
/* Constants that are right next to a hog. */
#include "os.h"
#include "sysreg.h"

void os_exception(struct os_frame *frame) { (void)frame; }

void os_main(void)
{
	const uint64_t ms = read_sysreg(cntfrq_el0) / 1000;

	while (read_sysreg(cntvct_el0) < 12 * ms)
		;
	guest_log_value("from", ms);
	guest_log_value("to", 11 * ms);
	guest_log_value("stolen us", 5000);	/* right next to a hog */
	guest_log_value("losses", 25);
	guest_log_value("slice us", 200);
	guest_log_value("delay us", 200);
}
