/* SPDX-License-Identifier: MIT */
/*
 * A VM and its vCPUs. Each begins with the labs' struct, so the labs' functions take
 * them as they are; the rest is a part for each chapter.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stddef.h>

#include "clock.h"
#include "console.h"
#include "context.h"
#include "core.h"
#include "distributor.h"
#include "aperture.h"
#include "power.h"
#include "ptimer.h"
#include "region.h"
#include "vcpu.h"
#include "vm.h"

#define GUEST_CPUS_MAX	8
#define GUEST_APERTURES	8
#define GUEST_NAME	32

/* A vCPU. Only its own core touches it, except for what a lock protects. */
struct vcore {
	struct vcpu vcpu;		/* first */
	struct context context;
	unsigned int index;		/* in its VM: Aff0 of its MPIDR */
	struct core *core;		/* where it runs, always */
	uint64_t mdscr;			/* MDSCR_EL1; writes trap */
	uint64_t slice_end;		/* when its turn ends, in physical ticks */

	/* cores/: under the VM's power lock */
	enum power power;
	uint64_t entry, context_id;	/* what CPU_ON left */

	/* interrupts/ */
	struct redistributor gic;
	struct ptimer ptimer;
};

_Static_assert(offsetof(struct vcore, vcpu) == 0, "vcore_of() relies on it");

struct guest {
	struct vm vm;			/* first */
	unsigned int cpu_count;
	struct vcore *cpu[GUEST_CPUS_MAX];
	uint64_t entry, context_id;	/* of vCPU 0: how it boots */
	char name[GUEST_NAME];		/* of its description, without .dtb; ends with a 0 */
	struct blob tree, kernel, initrd;	/* in the bundle; initrd may be empty */
	bool keeps;			/* it can boot again */
	uint64_t epoch;			/* CNTVOFF_EL2: virtual time 0 in physical ticks */
	struct vcore *last_on[CORES_MAX];	/* its vCPU that a core loaded last */
	struct aperture aperture[GUEST_APERTURES];
	struct power_domain power;
	struct memory memory;
	struct distributor gic;
	struct console console;
	struct clock clock;
};

_Static_assert(offsetof(struct guest, vm) == 0, "guest_of() relies on it");

static inline struct guest *guest_of(struct vm *vm)
{
	return (struct guest *)vm;
}

static inline struct vcore *vcore_of(struct vcpu *vcpu)
{
	return (struct vcore *)vcpu;
}

static inline struct guest *vcore_guest(const struct vcore *vcore)
{
	return guest_of(vcore->vcpu.vm);
}

#endif
