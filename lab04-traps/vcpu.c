// SPDX-License-Identifier: MIT
#include "vcpu.h"

#include "barrier.h"
#include "cpu.h"
#include "stage2.h"
#include "sysreg.h"
#include "todo.h"

static struct vcpu vcpus[VM_MAX];
static unsigned int vcpu_count;

struct vcpu *vcpu_create(struct vm *vm)
{
	struct vcpu *vcpu = &vcpus[vcpu_count];

	if (vcpu_count == VM_MAX)
		return NULL;
	*vcpu = (struct vcpu){ .vm = vm, .id = vcpu_count };
	/* A ring: the newest leads to the first, the one before it to it. */
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

void guest_config(void)
{
	/* TODO(lab04.3): What guests may not do without EL2: HCR_EL2, CPTR_EL2, VBAR_EL2. */
	todo("lab04.3", "guest_config() in lab04-traps/vcpu.c, read lab04-traps/README.md#task-3");
}

/* EL1 as after a reset: what a guest may rely on, and no trace of another. */
static void reset_el1(void)
{
	/* TODO(lab04.3): EL1's registers: the MMU off, nothing of an earlier guest. */
	todo("lab04.3", "reset_el1() in lab04-traps/vcpu.c, read lab04-traps/README.md#task-3");
}

void vcpu_start(struct vcpu *vcpu)
{
	s2_activate(&vcpu->vm->s2);
	reset_el1();
	write_sysreg(vpidr_el2, read_sysreg(midr_el1));
	write_sysreg(vmpidr_el2, MPIDR_RES1);	/* the only core of its VM */
	isb();		/* the counter below is read after all that */
	write_sysreg(cntvoff_el2, read_sysreg(cntpct_el0));

	/* TODO(lab04.3): Where the guest begins, and in which state. */
	todo("lab04.3", "vcpu_start() in lab04-traps/vcpu.c, read lab04-traps/README.md#task-3");
	this_cpu()->loaded = vcpu;
}
