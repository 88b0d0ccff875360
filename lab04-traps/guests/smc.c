// SPDX-License-Identifier: MIT
/* SMC must not reach the firmware, whatever it asks for. */
#include "guest.h"
#include "smccc.h"

static int64_t smc(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0) :: "memory");
	return x0;
}

void main(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_VERSION;

	printf("smc: PSCI version 0x%lx\n", smc(PSCI_VERSION));
	printf("smc: a function of the firmware's own: %ld\n", smc(0xc2000000));
	__asm__ volatile("smc #1" : "+r"(x0) :: "memory");
	printf("smc: SMC #1: %ld\n", (int64_t)x0);
	smc(PSCI_SYSTEM_OFF);	/* this VM, not the machine */
	printf("smc: SYSTEM_OFF came back\n");
}
