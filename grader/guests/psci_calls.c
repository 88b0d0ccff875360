// SPDX-License-Identifier: MIT
/* Call the functions of SMCCC and PSCI, by HVC and by SMC, and print the results. */
#include "guest.h"
#include "smccc.h"

#define UNKNOWN		0x84000012	/* SYSTEM_RESET2, optional in PSCI 1.1 */
#define THIS_CORE	0		/* the affinity of the only core */
#define NO_CORE		1

#define call(instruction, function, a, b) ({				\
	register uint64_t x0_ __asm__("x0") = (function);		\
	register uint64_t x1_ __asm__("x1") = (a);			\
	register uint64_t x2_ __asm__("x2") = (b);			\
	__asm__ volatile(instruction " #0"				\
			 : "+r"(x0_), "+r"(x1_), "+r"(x2_) : : "x3", "memory"); \
	(int64_t)x0_; })

static void ask(const char *what, uint64_t function, uint64_t a, uint64_t b)
{
	printf("psci_calls: %s: %ld, %ld\n", what, call("hvc", function, a, b),
	       call("smc", function, a, b));
}

static void ask_for(const char *what, uint64_t function, uint32_t features)
{
	ask(what, features, function, 0);
	ask(what, features, function | PSCI_64, 0);
}

void main(void)
{
	ask("SMCCC_VERSION", SMCCC_VERSION, 0, 0);
	ask_for("features: SMCCC_ARCH_FEATURES", SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES);
	ask_for("features: SMCCC_VERSION", SMCCC_VERSION, PSCI_FEATURES);

	ask("PSCI_VERSION", PSCI_VERSION, 0, 0);
	ask_for("features: PSCI_VERSION", PSCI_VERSION, PSCI_FEATURES);
	ask_for("features: PSCI_FEATURES", PSCI_FEATURES, PSCI_FEATURES);
	ask_for("features: CPU_SUSPEND", PSCI_CPU_SUSPEND, PSCI_FEATURES);
	ask_for("features: CPU_OFF", PSCI_CPU_OFF, PSCI_FEATURES);
	ask_for("features: CPU_ON", PSCI_CPU_ON, PSCI_FEATURES);
	ask_for("features: AFFINITY_INFO", PSCI_AFFINITY_INFO, PSCI_FEATURES);
	ask_for("features: SYSTEM_OFF", PSCI_SYSTEM_OFF, PSCI_FEATURES);
	ask_for("features: SYSTEM_RESET", PSCI_SYSTEM_RESET, PSCI_FEATURES);
	ask_for("features: unknown", UNKNOWN, PSCI_FEATURES);

	ask("CPU_SUSPEND, standby", PSCI_CPU_SUSPEND, 0, 0);
	ask("CPU_SUSPEND, standby, 64", PSCI_CPU_SUSPEND | PSCI_64, 0, 0);
	ask("CPU_ON, this core", PSCI_CPU_ON, THIS_CORE, 0);
	ask("CPU_ON, this core, 64", PSCI_CPU_ON | PSCI_64, THIS_CORE, 0);
	ask("CPU_ON, no core", PSCI_CPU_ON, NO_CORE, 0);
	ask("CPU_ON, no core, 64", PSCI_CPU_ON | PSCI_64, NO_CORE, 0);
	ask("AFFINITY_INFO, this core", PSCI_AFFINITY_INFO, THIS_CORE, 0);
	ask("AFFINITY_INFO, this core, 64", PSCI_AFFINITY_INFO | PSCI_64, THIS_CORE, 0);
	ask("AFFINITY_INFO, no core", PSCI_AFFINITY_INFO, NO_CORE, 0);
	ask("AFFINITY_INFO, no core, 64", PSCI_AFFINITY_INFO | PSCI_64, NO_CORE, 0);
	ask("unknown", UNKNOWN, 0, 0);
	ask("unknown, 64", UNKNOWN | PSCI_64, 0, 0);
}
