// SPDX-License-Identifier: MIT
/* All vCPUs of the machine, in a ring. */
#include "vcpu.h"

static struct vcpu vcpus[VM_MAX];
static unsigned int vcpu_count;

struct vcpu *vcpu_create(struct vm *vm)
{
	struct vcpu *vcpu = &vcpus[vcpu_count];

	if (vcpu_count == VM_MAX)
		return NULL;
	*vcpu = (struct vcpu){ .vm = vm, .id = vcpu_count };
	/* A ring: the newest points to the first, and its predecessor to it. */
	vcpu->next = &vcpus[0];
	if (vcpu_count)
		vcpus[vcpu_count - 1].next = vcpu;
	vcpu_count++;
	return vcpu;
}

struct vcpu *vcpu_ring(void)
{
	return vcpu_count ? &vcpus[vcpu_count - 1] : NULL;
}
