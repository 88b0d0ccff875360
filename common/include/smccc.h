/* SPDX-License-Identifier: MIT */
/*
 * SMC Calling Convention (Arm DEN 0028) and Power State Coordination Interface
 * (Arm DEN 0022): function identifiers in w0, result in x0.
 */
#ifndef SMCCC_H
#define SMCCC_H

#include "bits.h"

#define SMCCC_VERSION		0x80000000
#define SMCCC_ARCH_FEATURES	0x80000001
#define SMCCC_VERSION_1_1	0x10001

#define PSCI_VERSION		0x84000000
#define PSCI_CPU_SUSPEND	0x84000001
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		0x84000003
#define PSCI_AFFINITY_INFO	0x84000004
#define PSCI_MIGRATE_INFO_TYPE	0x84000006
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_VERSION_1_1	0x10001
#define PSCI_64			0x40000000	/* in an identifier: 64-bit arguments */
#define PSCI_IS_ON		0		/* a result of AFFINITY_INFO */
#define PSCI_INVALID_PARAMETERS	(-2)
#define PSCI_ALREADY_ON		(-4)
#define PSCI_ON_PENDING		(-5)
#define PSCI_INVALID_ADDRESS	(-9)
#define PSCI_NO_TRUSTED_OS	2		/* a result of MIGRATE_INFO_TYPE */

#define SMCCC_SUCCESS		0
#define SMCCC_NOT_SUPPORTED	(-1)

#ifndef __ASSEMBLER__
/* Call the firmware by SMC #0: function identifier and three arguments. */
int64_t smccc_smc(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3);
#endif

#endif
