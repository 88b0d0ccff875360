// SPDX-License-Identifier: MIT
/*
 * One scheduler a core: round robin over the core's vCPUs, preempted by CNTHP. It is lab
 * 5's, with word from other cores: before a vCPU is entered, and before the core sleeps, it
 * looks at what others have left. cores/power.pml and interrupts/delivery.pml.
 */
#include "sched.h"

#include "barrier.h"
#include "counter.h"
#include "gic.h"
#include "gicv3.h"
#include "guest.h"
#include "idle.h"
#include "lists.h"
#include "platform.h"
#include "slice.h"
#include "terminal.h"
#include "trace.h"
#include "traps.h"
#include "vcore.h"
#include "vgic.h"
#include "vtimer.h"
#include "wait.h"

static uint64_t slice;			/* counter ticks */

/*
 * When one of the vCPU's emulated timers is due. The alarm of the VM's clock is the business
 * of vCPU 0's core, even while vCPU 0 is off.
 */
static uint64_t emulated_deadline(const struct vcore *vcore, uint64_t now)
{
	uint64_t deadline = VTIMER_NEVER;

	if (ptimer_is_on(&vcore->ptimer))
		deadline = ptimer_deadline(vcore, now);
	if (vcore->index == 0 && vcore_guest(vcore)->clock.imsc)
		deadline = MIN(deadline, clock_deadline(vcore_guest(vcore)));
	return deadline;
}

static void update_timers(struct vcore *vcore, uint64_t now)
{
	ptimer_update(vcore, now);
	if (vcore->index == 0)
		clock_update(vcore_guest(vcore), now);
}

/* Let CNTHP fire at the end of the turn, or for an emulated timer if that is earlier. */
static void set_timer(struct vcore *vcore, uint64_t now)
{
	slice_at(MIN(vcore->slice_end, emulated_deadline(vcore, now)));
}

void core_timer_changed(struct vcpu *vcpu)
{
	uint64_t now = counter_now();

	update_timers(vcore_of(vcpu), now);
	set_timer(vcore_of(vcpu), now);
}

/* EL2's timer: an emulated timer is due, or the turn has ended. */
static enum trap_result timer_interrupt(struct vcore *vcore)
{
	uint64_t now;

	slice_stop();		/* before deactivation, or it comes again */
	gic_drop_priority(PPI_HYP_TIMER);
	gic_deactivate(PPI_HYP_TIMER);
	now = counter_now();
	update_timers(vcore, now);
	if (now >= vcore->slice_end) {
		vcore->context.sched.ended_by_slice++;
		return TRAP_RESCHEDULE;
	}
	set_timer(vcore, now);
	return TRAP_RESUME;
}

/* The guest's timer. As in lab 5: it stays active until the guest ends it. */
static void vtimer_interrupt(void)
{
	gic_drop_priority(PPI_VTIMER);
	if (vtimer_fires())
		vgic_timer();
	else
		gic_deactivate(PPI_VTIMER);
}

void sched_interrupt(unsigned int intid)
{
	if (intid >= INTID_SPECIAL)
		return;
	if (intid == UART_INTID)
		terminal_interrupt();
	if (intid == KICK_INTID)
		gic_answer();
	gic_drop_priority(intid);
	gic_deactivate(intid);
}

static enum trap_result irq_exit(struct vcpu *vcpu, uint64_t esr)
{
	unsigned int intid = gic_acknowledge();
	enum trap_result result = TRAP_RESUME;

	(void)esr;
	trace(TRACE_IRQ, vcpu->id, intid);
	switch (intid) {
	case PPI_HYP_TIMER:
		result = timer_interrupt(vcore_of(vcpu));
		break;
	case PPI_VTIMER:
		vtimer_interrupt();
		break;
	case PPI_MAINTENANCE:
		vgic_refill(&vcpu->context->vgic);	/* the line goes down */
		sched_interrupt(intid);
		break;
	default:
		sched_interrupt(intid);		/* word from another core, the terminal */
		set_timer(vcore_of(vcpu), counter_now());	/* it may be an alarm */
	}
	trace(TRACE_HANDED, vcpu->id, intid);
	return result;
}

enum trap_result core_wait(struct vcpu *vcpu)
{
	struct vcore *vcore = vcore_of(vcpu);
	struct sched_context *sched = &vcore->context.sched;
	uint64_t now = counter_now();

	if (vgic_wakes(vcpu))
		return TRAP_RESUME;
	sched->wake_at = emulated_deadline(vcore, now);
	if (!gic_holds_timer())		/* else its interrupt would not come either */
		sched->wake_at = MIN(sched->wake_at, vtimer_deadline(now));
	if (sched->wake_at <= now) {
		update_timers(vcore, now);
		return TRAP_RESUME;
	}
	sched->ended_by_wait++;
	vcpu->state = VCPU_BLOCKED;
	return TRAP_RESCHEDULE;
}

static enum trap_result wait_handle(struct vcpu *vcpu, uint64_t esr)
{
	trap_skip_instruction();
	if (FIELD_GET(ISS_WFX_TI, esr) != WFX_WFI)
		return TRAP_RESCHEDULE;		/* WFE: who holds the lock may run here */
	return core_wait(vcpu);
}

void sched_init(void)
{
	trap_set_interrupt_handler(EXIT_IRQ, irq_exit);
	trap_set_handler(EC_WFX, wait_handle);
	slice = counter_ticks(CONFIG_SLICE_US);
}

/*
 * True if the sleep of a blocked vCPU is over: word has come, or a timer is due. Else
 * `*earliest` becomes the end of its sleep if that is earlier.
 */
static bool wake_if_due(struct vcore *vcore, uint64_t now, uint64_t *earliest)
{
	uint64_t wake_at = MIN(vcore->context.sched.wake_at, emulated_deadline(vcore, now));

	if (!gic_has_word(&vcore->gic) && wake_at > now) {
		*earliest = MIN(*earliest, wake_at);
		return false;
	}
	update_timers(vcore, now);
	vcore->vcpu.state = VCPU_RUNNABLE;
	return true;
}

/* A vCPU 0 that is off still has the clock of its VM, which may wake others. */
static void look_at_clock(struct vcore *vcore, uint64_t now, uint64_t *earliest)
{
	uint64_t deadline;

	if (vcore->index || !vcore_guest(vcore)->vm.in_use)
		return;
	clock_update(vcore_guest(vcore), now);
	deadline = clock_deadline(vcore_guest(vcore));
	if (deadline > now)
		*earliest = MIN(*earliest, deadline);
}

static bool is_ready(struct vcore *vcore, uint64_t now, uint64_t *earliest)
{
	if (power_has_word(vcore))
		power_take_word(vcore);
	switch (vcore->vcpu.state) {
	case VCPU_RUNNABLE:
		return true;
	case VCPU_BLOCKED:
		return wake_if_due(vcore, now, earliest);
	default:
		look_at_clock(vcore, now, earliest);
		return false;
	}
}

/*
 * The first vCPU after `last` that can run at `now`. NULL if there is none; then
 * `*earliest` is when the first sleep ends, or VTIMER_NEVER.
 */
static struct vcpu *find_ready(struct vcpu *last, uint64_t now, uint64_t *earliest)
{
	struct vcpu *vcpu = last;

	*earliest = VTIMER_NEVER;
	if (!last)
		return NULL;		/* this core has no vCPU */
	do {
		vcpu = vcpu->next;
		if (is_ready(vcore_of(vcpu), now, earliest))
			return vcpu;
	} while (vcpu != last);
	return NULL;
}

/* The vCPU to run next, or NULL when all VMs have ended. `*now` is the time of the decision. */
static struct vcpu *sched_next(struct vcpu *last, uint64_t *now)
{
	struct vcpu *vcpu;
	uint64_t earliest;

	while (!(vcpu = find_ready(last, *now, &earliest))) {
		if (!idle_guests())
			return NULL;
		*now = idle_until(earliest, *now);
	}
	trace(TRACE_RUN, vcpu->id, *now);
	return vcpu;
}

/* Enter the vCPU until its turn ends. Word for it ends the turn, or fills list registers. */
static void run(struct vcore *vcore)
{
	const struct guest *guest = vcore_guest(vcore);
	enum trap_result result;

	do {
		if (power_is_ending(guest))
			return;		/* no other core turns a vCPU off that is on */
		if (gic_has_word(&vcore->gic))
			gic_take_word(vcore);
		result = trap_handle(&vcore->vcpu, guest_enter(&vcore->vcpu));
	} while (result == TRAP_RESUME);
	/* An error has stopped it, not a call of its own: so the VM ends. */
	if (result == TRAP_STOP && power_of(vcore) == POWER_ON)
		power_end(vcore_guest(vcore), ENDING_OFF);
}

/* Count the turn of `vcore` that began at `start`. Return the time. */
static uint64_t end_turn(struct vcore *vcore, uint64_t start)
{
	struct sched_context *sched = &vcore->context.sched;
	uint64_t now;

	trace(TRACE_END, vcore->vcpu.id, vcore->vcpu.state);
	now = counter_now();
	sched->ran += now - start;
	sched->turns++;
	return now;
}

void sched_run(void)
{
	struct vcpu *vcpu = vcpu_ring();
	uint64_t now = counter_now();

	while ((vcpu = sched_next(vcpu, &now)) != NULL) {
		struct vcore *vcore = vcore_of(vcpu);

		vcore_load(vcore);
		vcore->slice_end = now + slice;
		set_timer(vcore, now);
		run(vcore);
		now = end_turn(vcore, now);
	}
	slice_stop();
	vcore_unload();
}
