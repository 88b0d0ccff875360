// SPDX-License-Identifier: MIT
#include "vcore.h"

#include "barrier.h"
#include "counter.h"
#include "error.h"
#include "lists.h"
#include "string.h"

static struct vcore vcores[VCORES_MAX];
static unsigned int vcore_count;

struct vcpu *vcpu_ring(void)
{
	return this_core()->last;
}

/* A ring: the newest points to the first, and its predecessor to it. */
static void add_to_ring(struct core *core, struct vcpu *vcpu)
{
	vcpu->next = core->last ? core->last->next : vcpu;
	if (core->last)
		core->last->next = vcpu;
	core->last = vcpu;
}

int vcore_create(struct guest *guest)
{
	struct vcore *vcore = &vcores[vcore_count];

	if (vcore_count == VCORES_MAX || guest->cpu_count == GUEST_CPUS_MAX)
		return E_NO_MEMORY;
	*vcore = (struct vcore){
		.vcpu = { .vm = &guest->vm, .id = vcore_count, .state = VCPU_STOPPED,
			  .context = &vcore->context },
		.index = guest->cpu_count,
		.core = &cores[vcore_count % core_count],
		.power = POWER_OFF,
	};
	guest->cpu[guest->cpu_count++] = vcore;
	add_to_ring(vcore->core, &vcore->vcpu);
	vcore_count++;
	return 0;
}

/*
 * Translations of EL1 are cached by VMID and ASID, but two vCPUs of one VM may use one ASID
 * for different things. So when a core changes between them, it drops the translations
 * of that VMID.
 */
static void forget_other_vcore(struct vcore *vcore)
{
	struct vcore **last = &vcore_guest(vcore)->last_on[this_core()->number];

	if (*last && *last != vcore) {
		__asm__ volatile("tlbi vmalle1" ::: "memory");
		dsb(nsh);
		isb();
	}
	*last = vcore;
}

void vcore_load(struct vcore *vcore)
{
	struct vcpu *old = this_cpu()->loaded;

	if (old == &vcore->vcpu)
		return;		/* with its VMID, which it keeps if a generation began */
	if (old)
		gic_unload(vcore_of(old));
	vcore->context.vttbr = vmid_load(vcore_guest(vcore));
	context_switch(&vcore->vcpu);
	forget_other_vcore(vcore);
	write_sysreg(vmpidr_el2, MPIDR_RES1 | vcore->index);
	write_sysreg(mdscr_el1, vcore->mdscr);
}

void vcore_unload(void)
{
	if (this_cpu()->loaded)
		gic_unload(vcore_of(this_cpu()->loaded));
	context_switch(NULL);
}

void vcore_start(struct vcore *vcore)
{
	vcore->context = (struct context){ .sched = vcore->context.sched };
	vcore->mdscr = 0;
	memset(vcore->vcpu.x, 0, sizeof(vcore->vcpu.x));
	vcore->vcpu.x[0] = vcore->context_id;
	vcore->ptimer = (struct ptimer){ 0 };
	gic_turn_on(vcore);

	/* Zeros in every register, then lab 4's reset state of EL1, then what differs. */
	vcore_load(vcore);
	vcpu_start(&vcore->vcpu);
	write_sysreg(elr_el2, vcore->entry);
	vcore->context.vtimer.offset = vcore_guest(vcore)->epoch;
	ptimer_update(vcore, counter_now());	/* its line may still be up */
	context_switch(NULL);
	vcore->vcpu.state = VCPU_RUNNABLE;
}

void vcore_stop(struct vcore *vcore)
{
	vcore_load(vcore);
	gic_turn_off(vcore);
	context_switch(NULL);
	vcore->vcpu.state = VCPU_STOPPED;
}
