// SPDX-License-Identifier: MIT
/* The context of a new vCPU: EL1 as after a reset, and nothing of another guest. */
#include "context.h"

#include "stage2.h"
#include "sysreg.h"

static struct context contexts[VM_MAX];

void context_create(struct vcpu *vcpu)
{
	struct context *context = &contexts[vcpu->id];

	*context = (struct context){ .vttbr = s2_vttbr(&vcpu->vm->s2) };
	vcpu->context = context;
	/*
	 * No value of another guest may remain in any register: load zeros, let
	 * vcpu_start() of lab 4 put EL1 into its reset state, and save that.
	 */
	context_switch(vcpu);
	vcpu_start(vcpu);
	entry_check(vcpu);
	context->vtimer.offset = read_sysreg(cntvoff_el2);
	context_switch(NULL);
}
