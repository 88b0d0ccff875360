/* SPDX-License-Identifier: MIT */
/*
 * Which vCPUs of a VM are on, and whether the VM is ending. The protocol is
 * cores/power.pml; each function here is an inline there. Arm DEN 0022 (PSCI).
 */
#ifndef POWER_H
#define POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

/* A vCPU's power; the values are AFFINITY_INFO's. */
enum power {
	POWER_ON = 0,
	POWER_OFF = 1,
	POWER_ON_PENDING = 2,	/* CPU_ON has succeeded; its core has not started it yet */
};

/* What ends a VM. */
enum ending {
	ENDING_NOT,
	ENDING_OFF,		/* SYSTEM_OFF, the last CPU_OFF, or an error */
	ENDING_RESET,		/* SYSTEM_RESET: it boots again */
};

struct guest;
struct vcore;

/* Of a VM. */
struct power_domain {
	struct lock lock;
	enum ending ending;	/* set under the lock, read without it */
};

/*
 * PSCI CPU_ON: let vCPU `index` of `guest` start at IPA `entry` with `context_id` in x0.
 * PSCI_SUCCESS, PSCI_ALREADY_ON or PSCI_ON_PENDING. `index` is valid.
 */
int64_t power_cpu_on(struct guest *guest, unsigned int index, uint64_t entry,
		     uint64_t context_id);

/* PSCI AFFINITY_INFO: enum power of a vCPU. One load, no lock. */
enum power power_of(const struct vcore *vcore);

/*
 * PSCI CPU_OFF of the loaded vCPU. It will not run again until CPU_ON. If it was the last
 * one that was on, the VM ends. Its caller returns TRAP_STOP.
 */
void power_cpu_off(struct vcore *vcore);

/* PSCI SYSTEM_OFF and SYSTEM_RESET, or an error: every core turns its vCPUs of it off. */
void power_end(struct guest *guest, enum ending ending);

/*
 * On the vCPU's own core, if power_has_word() (vcore.h): start it or turn it off, as the word
 * says. The core that turns the last one off takes the VM apart, or lets it boot again.
 */
void power_take_word(struct vcore *vcore);

#endif
