/* SPDX-License-Identifier: MIT */
/* PSCI and SMCCC calls by HVC. Arm DEN 0022, DEN 0028. Adds to smccc.h what only guests use. */
#ifndef PSCI_H
#define PSCI_H

#include <stdint.h>

#include "smccc.h"

#define PSCI_MIGRATE		0x84000005
#define PSCI_MIGRATE_INFO_TYPE	0x84000006
#define PSCI_MIGRATE_INFO_CPU	0x84000007
#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	(-1)
#define PSCI_DENIED		(-3)
#define PSCI_ON_PENDING		(-5)
#define PSCI_IS_OFF		1
#define PSCI_IS_ON_PENDING	2

#define MPIDR_AFFINITY_MASK	(GENMASK(39, 32) | GENMASK(23, 0))

/* The registers of a call. */
struct psci_registers {
	uint64_t x[31];
};

/* HVC #0 with x0 to x3. Returns w0, sign-extended. */
int64_t psci(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

/* HVC #0 with x0 to x30 from `in`; as the call left them in `out`. call.S */
void psci_all_registers(const struct psci_registers *in, struct psci_registers *out);

/* SYSTEM_OFF; spins if the call returns. */
_Noreturn void psci_system_off(void);

#endif
