// SPDX-License-Identifier: MIT
/* No SMC may reach the firmware. */
#include "guest.h"
#include "smccc.h"

#define smc(immediate, function) ({					\
	register uint64_t x0_ __asm__("x0") = (function);		\
	__asm__ volatile("smc %1" : "+r"(x0_) : "i"(immediate) : "memory"); \
	(int64_t)x0_; })

void main(void)
{
	printf("smc: PSCI version 0x%lx\n", smc(0, PSCI_VERSION));
	printf("smc: a function of the firmware: %ld\n", smc(0, 0xc2000000));
	printf("smc: SMC #1: %ld\n", smc(1, PSCI_VERSION));
	smc(0, PSCI_SYSTEM_OFF);	/* this VM, not the machine */
	printf("smc: SYSTEM_OFF returned\n");
}
