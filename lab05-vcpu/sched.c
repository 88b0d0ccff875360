// SPDX-License-Identifier: MIT
#include "sched.h"

#include "barrier.h"
#include "context.h"
#include "counter.h"
#include "cpu.h"
#include "gic.h"
#include "gicv3.h"
#include "platform.h"
#include "printf.h"
#include "slice.h"
#include "trace.h"
#include "traps.h"
#include "vgic.h"
#include "vtimer.h"
#include "todo.h"

static uint64_t slice;			/* counter ticks */
static uint64_t idle_time, idle_count;	/* counter ticks, times */

/* Handle interrupt `intid`, which was acknowledged while `vcpu` ran. */
static enum trap_result irq_handle(struct vcpu *vcpu, unsigned int intid)
{
	switch (intid) {
	/* TODO(lab05.6): EL2's timer: the slice has ended. */
	case PPI_HYP_TIMER:
		todo("lab05.6", "irq_handle() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
	/* END(lab05.6) */
	/* TODO(lab05.8): The guest's timer: pass it on. */
	case PPI_VTIMER:
		todo("lab05.8", "irq_handle() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-8");
	/* END(lab05.8) */
	case PPI_MAINTENANCE:
		vgic_refill(&vcpu->context->vgic);	/* the line goes down */
		gic_drop_priority(intid);
		gic_deactivate(intid);
		return TRAP_RESUME;
	default:
		/* Not enabled, so unexpected. It stays active, so it cannot come again. */
		if (intid < INTID_SPECIAL) {
			printf("[gic] interrupt %u, which is not enabled\n", intid);
			gic_drop_priority(intid);
		}
		return TRAP_RESUME;
	}
}

static enum trap_result irq_exit(struct vcpu *vcpu, uint64_t esr)
{
	unsigned int intid = gic_acknowledge();
	enum trap_result result;

	(void)esr;
	trace(TRACE_IRQ, vcpu->id, intid);
	result = irq_handle(vcpu, intid);
	trace(TRACE_HANDED, vcpu->id, intid);
	return result;
}

/*
 * WFI: sleep until a virtual interrupt is pending or the virtual timer fires. WFE
 * waits for an event from another core; there is none, so only let others run.
 */
static enum trap_result wait_handle(struct vcpu *vcpu, uint64_t esr)
{
	struct sched_context *sched = &vcpu->context->sched;
	uint64_t now = counter_now();

	/* TODO(lab05.8): Return at once, or block until the timer's deadline. */
	todo("lab05.8", "wait_handle() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-8");
	/* END(lab05.8) */
}

void sched_init(void)
{
	trap_set_interrupt_handler(EXIT_IRQ, irq_exit);
	trap_set_handler(EC_WFX, wait_handle);
	slice = counter_ticks(CONFIG_SLICE_US);
	gic_enable_ppi(PPI_HYP_TIMER);
	gic_enable_ppi(PPI_VTIMER);
}

/*
 * Wait at EL2 until `deadline`, with no guest's timer running. Return the time after
 * that.
 */
__attribute__((cold, noinline))
static uint64_t idle_until(uint64_t deadline, uint64_t now)
{
	uint64_t end;

	context_switch(NULL);
	trace(TRACE_IDLE, TRACE_NO_VCPU, deadline);
	slice_at(deadline);
	isb();
	/*
	 * A pending interrupt ends WFI even if PSTATE masks it, so no wake-up is
	 * lost between the check and the WFI.
	 */
	wfi();
	slice_stop();
	trace(TRACE_WAKE, TRACE_NO_VCPU, 0);
	end = counter_now();
	idle_time += end - now;
	idle_count++;
	return end;
}

/* Stop every vCPU that can never wake. True if there was one. */
__attribute__((cold, noinline))
static bool stop_sleepers(void)
{
	struct vcpu *last = vcpu_ring(), *vcpu = last;
	bool any = false;

	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_BLOCKED) {
			context_switch(vcpu);
			trap_stop(vcpu, "asleep forever: WFI with no timer that will fire");
			any = true;
		}
	} while (vcpu != last);
	return any;
}

/*
 * True if the sleep of the blocked `vcpu` is over at `now`: then it is runnable. If not,
 * `*earliest` becomes the end of its sleep if that is earlier.
 */
static inline bool wake_if_due(struct vcpu *vcpu, uint64_t now, uint64_t *earliest)
{
	uint64_t wake_at = vcpu->context->sched.wake_at;

	/* TODO(lab05.8): The sleep is over, or it is one that EL2 may have to wait for. */
	(void)wake_at, (void)now, (void)earliest;
	todo_later("lab05.8", "wake_if_due() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-8");
	return false;
	/* END(lab05.8) */
}

/*
 * Round robin: the first vCPU after `last` that is runnable or whose sleep is over at
 * `now`. NULL if there is none; then `*earliest` is when the first sleep ends, or
 * VTIMER_NEVER.
 */
static struct vcpu *find_ready(struct vcpu *last, uint64_t now, uint64_t *earliest)
{
	/* TODO(lab05.6): Once round the ring, from the vCPU after `last` to `last` itself. */
	todo("lab05.6", "find_ready() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
	/* END(lab05.6) */
}

/*
 * The vCPU to run next, or NULL when all have stopped. Sets `*now` to the time of the
 * decision, which is later if EL2 had to wait.
 */
static struct vcpu *sched_next(struct vcpu *last, uint64_t *now)
{
	struct vcpu *vcpu;
	uint64_t earliest;

	while (!(vcpu = find_ready(last, *now, &earliest))) {
		if (earliest != VTIMER_NEVER)
			*now = idle_until(earliest, *now);
		else if (!stop_sleepers())
			return NULL;
	}
	trace(TRACE_RUN, vcpu->id, *now);
	return vcpu;
}

/* End the turn of `vcpu` that began at `start`. Return the time. */
static uint64_t end_turn(struct vcpu *vcpu, uint64_t start)
{
	struct sched_context *sched = &vcpu->context->sched;
	uint64_t now;

	trace(TRACE_END, vcpu->id, vcpu->state);
	now = counter_now();
	sched->ran += now - start;
	sched->turns++;
	return now;
}

void sched_run(void)
{
	struct vcpu *vcpu = vcpu_ring();
	uint64_t now = counter_now();
	unsigned int reason;

	/* TODO(lab05.6): Pick a vCPU, load it, enter it until its turn ends; repeat. */
	todo("lab05.6", "sched_run() in lab05-vcpu/sched.c, read lab05-vcpu/README.md#task-6");
	/* END(lab05.6) */
}

void sched_report(unsigned int first)
{
	struct vcpu *last = vcpu_ring(), *vcpu = last;
	uint64_t ms = counter_ticks(1000);

	do {
		const struct sched_context *s;

		vcpu = vcpu->next;
		if (vcpu->vm->id < first)
			continue;
		s = &vcpu->context->sched;
		printf("[sched] vm%u %s: %lu turns, %lu us; ended by slice %lu, by wait %lu, else %lu\n",
		       vcpu->vm->id, vcpu->vm->name, s->turns,
		       s->ran * 1000 / ms, s->ended_by_slice, s->ended_by_wait,
		       s->turns - s->ended_by_slice - s->ended_by_wait);
	} while (vcpu != last);
	printf("[sched] idle: %lu times, %lu us\n", idle_count,
	       idle_time * 1000 / ms);
	idle_count = idle_time = 0;
}
