/* SPDX-License-Identifier: MIT */
/*
 * The services of EL2 for guests. The immediate of the HVC instruction selects
 * the service; arguments are in x0 to x3, the result is in x0, and no other
 * register changes. HVC #0 follows the SMC Calling Convention (smccc.h).
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include "bits.h"

#define HVC_SMCCC		0x0	/* PSCI and SMCCC calls */
#define HVC_TASK_REPORT		0x60	/* x0: VA of a struct task_report */
#define HVC_YIELD		0x61	/* let another vCPU run; returns 0 */
#define HVC_VIRTUAL_TIME	0x62	/* nanoseconds since this VM began */

/* Results in x0. */
#define HYP_OK			0
#define HYP_NOT_SUPPORTED	(-1)	/* no such service; same value as in SMCCC */
#define HYP_BAD_ADDRESS		(-2)	/* not this VM's memory, or unmapped */
#define HYP_BAD_VALUE		(-3)	/* a field is out of range */

#define TASK_REPORT_VERSION	1
#define TASK_NAME_SIZE		16

#ifndef __ASSEMBLER__
#include <stddef.h>

/*
 * Telemetry: the progress of a guest's task. EL2 copies the record once, then
 * checks the version and the name in the copy.
 */
struct task_report {
	uint32_t version;		/* TASK_REPORT_VERSION */
	uint32_t task;			/* number of the task within the guest */
	uint64_t sequence;		/* 1, 2, 3, ... within the task */
	uint64_t work;			/* units of work done, task-defined */
	uint64_t virtual_ns;		/* virtual time of the record */
	char name[TASK_NAME_SIZE];	/* printable, NUL-terminated */
};
_Static_assert(offsetof(struct task_report, task) == 4 &&
	       offsetof(struct task_report, sequence) == 8 &&
	       offsetof(struct task_report, work) == 16 &&
	       offsetof(struct task_report, virtual_ns) == 24 &&
	       offsetof(struct task_report, name) == 32 &&
	       sizeof(struct task_report) == 48, "ABI");
#endif

#endif
