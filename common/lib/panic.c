// SPDX-License-Identifier: MIT
#include "panic.h"

#include "barrier.h"
#include "printf.h"
#include "say.h"
#include "smccc.h"

void power_off(void)
{
	smccc_smc(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

void panic(const char *format, ...)
{
	va_list args;

	printf("\n[panic%s] ", nonce_text());
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	power_off();
}
