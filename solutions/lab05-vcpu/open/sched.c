// SPDX-License-Identifier: MIT
/*
 * The scheduler of lab 5 by shares: start-time fair queueing. A vCPU's pass is how long it
 * ran, divided by its share; the smallest pass runs next. The virtual time is the pass at
 * which the last turn began. Any pass below it is raised to it, so that sleeping earns
 * nothing, and a new vCPU is not owed the past.
 */
#include "sched.h"

#include "barrier.h"
#include "context.h"
#include "counter.h"
#include "cpu.h"
#include "gic.h"
#include "gicv3.h"
#include "panic.h"
#include "platform.h"
#include "printf.h"
#include "shares.h"
#include "slice.h"
#include "trace.h"
#include "traps.h"
#include "vgic.h"
#include "vtimer.h"

static uint64_t slice;			/* counter ticks */
static uint64_t idle_time, idle_count;	/* counter ticks, times */

#define PASS_SHIFT	20	/* fraction bits, so that a turn at a large share counts too */

static uint64_t virtual_time;		/* in ticks << PASS_SHIFT, per unit of share */
static struct {
	uint64_t pass;
	unsigned int share;		/* 0: SHARE_DEFAULT */
} shares[VM_MAX];			/* by struct vcpu's id */

static unsigned int share_of(const struct vcpu *vcpu)
{
	return shares[vcpu->id].share ? shares[vcpu->id].share : SHARE_DEFAULT;
}

static uint64_t pass_of(const struct vcpu *vcpu)
{
	uint64_t pass = shares[vcpu->id].pass;

	return pass > virtual_time ? pass : virtual_time;
}

/* Keep the time that the vCPU is ahead: at another share it is another distance. */
void sched_set_share(struct vcpu *vcpu, unsigned int share)
{
	uint64_t ahead = pass_of(vcpu) - virtual_time;

	assert(share >= SHARE_MIN && share <= SHARE_MAX);
	shares[vcpu->id].pass = virtual_time + ahead * share_of(vcpu) / share;
	shares[vcpu->id].share = share;
}

/* Handle interrupt `intid`, which was acknowledged while `vcpu` ran. */
static enum trap_result irq_handle(struct vcpu *vcpu, unsigned int intid)
{
	switch (intid) {
	case PPI_HYP_TIMER:
		slice_stop();		/* before deactivation, or it comes again */
		gic_drop_priority(intid);
		gic_deactivate(intid);
		vcpu->context->sched.ended_by_slice++;
		return TRAP_RESCHEDULE;
	case PPI_VTIMER:
		gic_drop_priority(intid);
		/*
		 * If this guest's timer fired, the PPI stays active until the
		 * guest's EOI, because the line may stay up. Otherwise it was
		 * the line of the previous guest, which went down too late.
		 */
		if (vtimer_fires())
			vgic_timer();
		else
			gic_deactivate(intid);
		return TRAP_RESUME;
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

	trap_skip_instruction();
	if (FIELD_GET(ISS_WFX_TI, esr) != WFX_WFI)
		return TRAP_RESCHEDULE;
	if (vgic_wakes(vcpu))
		return TRAP_RESUME;
	sched->wake_at = vtimer_deadline(now);
	if (sched->wake_at <= now)
		return TRAP_RESUME;
	sched->ended_by_wait++;
	vcpu->state = VCPU_BLOCKED;
	return TRAP_RESCHEDULE;
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

	if (wake_at > now) {
		*earliest = MIN(*earliest, wake_at);
		return false;
	}
	vcpu->state = VCPU_RUNNABLE;
	return true;
}

/*
 * The vCPU with the smallest pass among those that are runnable or whose sleep is over at
 * `now`; of several the first after `last`. NULL if there is none; then `*earliest` is when
 * the first sleep ends, or VTIMER_NEVER.
 */
static struct vcpu *find_ready(struct vcpu *last, uint64_t now, uint64_t *earliest)
{
	struct vcpu *vcpu = last, *found = NULL;

	*earliest = VTIMER_NEVER;
	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_STOPPED ||
		    (vcpu->state == VCPU_BLOCKED && !wake_if_due(vcpu, now, earliest)))
			continue;
		if (!found || pass_of(vcpu) < pass_of(found))
			found = vcpu;
	} while (vcpu != last);
	return found;
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
	shares[vcpu->id].pass = virtual_time = pass_of(vcpu);
	trace(TRACE_RUN, vcpu->id, *now);
	return vcpu;
}

/* End the turn of `vcpu` that began at `start`, and charge it. Return the time. */
static uint64_t end_turn(struct vcpu *vcpu, uint64_t start)
{
	struct sched_context *sched = &vcpu->context->sched;
	uint64_t now;

	trace(TRACE_END, vcpu->id, vcpu->state);
	now = counter_now();
	sched->ran += now - start;
	shares[vcpu->id].pass += ((now - start) << PASS_SHIFT) / share_of(vcpu);
	sched->turns++;
	return now;
}

void sched_run(void)
{
	struct vcpu *vcpu = vcpu_ring();
	uint64_t now = counter_now();
	unsigned int reason;

	while ((vcpu = sched_next(vcpu, &now)) != NULL) {
		context_switch(vcpu);
		slice_at(now + slice);
		do {
			reason = guest_enter(vcpu);
		} while (trap_handle(vcpu, reason) == TRAP_RESUME);
		now = end_turn(vcpu, now);
	}
	slice_stop();
	context_switch(NULL);
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
