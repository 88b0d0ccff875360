// SPDX-License-Identifier: MIT
#include "sched.h"

#include "barrier.h"
#include "context.h"
#include "cpu.h"
#include "gic.h"
#include "gicv3.h"
#include "platform.h"
#include "printf.h"
#include "slice.h"
#include "traps.h"
#include "vgic.h"
#include "vtimer.h"
#include "todo.h"

static uint64_t slice;			/* counter ticks */
static uint64_t idle_time, idle_count;	/* counter ticks, times */

static enum trap_result irq_handle(struct vcpu *vcpu, uint64_t esr)
{
	(void)esr;
	/* TODO(lab05.6): Acknowledge; the slice's end, the guest's timer, the vGIC's call. */
	todo("lab05.6", "irq_handle() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
}

/*
 * WFI: sleep until a virtual interrupt is there or the virtual timer fires. WFE
 * waits for an event of another core; there is none, so it only gives way.
 */
static enum trap_result wait_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* TODO(lab05.6): Done already, or blocked until the timer's deadline. */
	todo("lab05.6", "wait_handle() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
}

void sched_init(void)
{
	trap_set_interrupt_handler(EXIT_IRQ, irq_handle);
	trap_set_handler(EC_WFX, wait_handle);
	slice = counter_ticks(CONFIG_SLICE_US);
	gic_enable_ppi(PPI_HYP_TIMER);
	gic_enable_ppi(PPI_VTIMER);
}

/*
 * EL2 itself waits until `deadline`, with nobody's timer to disturb it. Answers
 * the time then.
 */
static uint64_t idle_until(uint64_t deadline, uint64_t now)
{
	/* TODO(lab05.6): Nobody loaded, CNTHP set, WFI with interrupts masked. */
	todo("lab05.6", "idle_until() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
}

/* Everybody who is left waits for an interrupt that cannot come. */
static void stop_sleepers(void)
{
	struct vcpu *last = vcpu_ring(), *vcpu = last;

	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_BLOCKED) {
			context_switch(vcpu);
			trap_stop(vcpu, "asleep for ever: WFI, and no timer that will fire");
		}
	} while (vcpu != last);
}

/*
 * Who runs next, starting behind the one that ran last: the first that is
 * runnable, or whose sleep is over at `*now`. NULL when all have stopped. `*now` is
 * the time of the decision, later than before if EL2 had to wait for it.
 */
static struct vcpu *sched_next(struct vcpu *last, uint64_t *now)
{
	/* TODO(lab05.6): Round robin; nobody: idle until the first deadline. */
	todo("lab05.6", "sched_next() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
}

void sched_run(void)
{
	/* TODO(lab05.6): The hypervisor: next, load, enter until it gives way; again. */
	todo("lab05.6", "sched_run() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
}

void sched_report(void)
{
	struct vcpu *last = vcpu_ring(), *vcpu = last;
	uint64_t ms = counter_ticks(1000);

	do {
		const struct sched_context *s;

		vcpu = vcpu->next;
		s = &vcpu->context->sched;
		printf("[sched] vm%u %s: %lu turns, %lu us; ended by slice %lu, by wait %lu, else %lu\n",
		       vcpu->vm->id, vcpu->vm->name, s->turns,
		       s->ran * 1000 / ms, s->ended_by_slice, s->ended_by_wait,
		       s->turns - s->ended_by_slice - s->ended_by_wait);
	} while (vcpu != last);
	printf("[sched] idle: %lu times, %lu us\n", idle_count,
	       idle_time * 1000 / ms);
}
