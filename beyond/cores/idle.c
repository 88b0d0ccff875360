// SPDX-License-Identifier: MIT
#include "idle.h"

#include "barrier.h"
#include "counter.h"
#include "gic.h"
#include "guest.h"
#include "printf.h"
#include "slice.h"
#include "terminal.h"
#include "trace.h"
#include "vcore.h"
#include "vtimer.h"

static unsigned int guests;
static unsigned int asleep;		/* cores that sleep without a deadline */

unsigned int idle_guests(void)
{
	return __atomic_load_n(&guests, __ATOMIC_ACQUIRE);
}

void idle_guest_begins(void)
{
	guests++;
}

void idle_guest_ended(void)
{
	if (__atomic_sub_fetch(&guests, 1, __ATOMIC_ACQ_REL))
		return;
	for (unsigned int i = 0; i < core_count; i++)
		core_kick(&cores[i]);
}

/* Its next alarm counts: vCPU 0's core may not have heard of it yet. */
static bool vm_has_word(const struct guest *guest)
{
	if (clock_deadline(guest) != VTIMER_NEVER)
		return true;
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		if (power_has_word(guest->cpu[i]) || gic_has_word(&guest->cpu[i]->gic))
			return true;
	return false;
}

static bool anybody_has_word(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id) && vm_has_word(guest_of(vm_get(id))))
			return true;
	return false;
}

/*
 * The last core that goes to sleep without a deadline. The others sleep, so none of them
 * leaves word any more; and what they left before, this core sees.
 */
static void end_all_if_stuck(void)
{
	if (CONFIG_INTERACTIVE || anybody_has_word())
		return;
	for (unsigned int id = 0; id < VM_MAX; id++) {
		struct guest *guest = vm_get(id) ? guest_of(vm_get(id)) : NULL;

		if (!guest)
			continue;
		terminal_lock();
		printf("[sched] vm%u asleep forever: every vCPU waits, no timer will fire\n", id);
		terminal_unlock();
		power_end(guest, ENDING_OFF);
	}
}

static void sleep(uint64_t deadline)
{
	slice_stop();			/* of the turn that has ended */
	if (deadline != VTIMER_NEVER) {
		slice_at(deadline);
		isb();
		wfi();
		slice_stop();
		return;
	}
	if (__atomic_add_fetch(&asleep, 1, __ATOMIC_ACQ_REL) == core_count)
		end_all_if_stuck();	/* its SGIs end the WFI */
	wfi();
	__atomic_sub_fetch(&asleep, 1, __ATOMIC_ACQ_REL);
}

uint64_t idle_until(uint64_t deadline, uint64_t now)
{
	struct core *core = this_core();
	unsigned int intid;
	uint64_t end;

	vcore_unload();
	vmid_unload();
	trace(TRACE_IDLE, TRACE_NO_VCPU, deadline);
	/*
	 * What is pending ends WFI even if PSTATE masks it, so no wake-up is lost between the
	 * look and the WFI. It is acknowledged after that, never before the next look, or an
	 * SGI would be taken away with its word unseen, or end every later WFI.
	 */
	sleep(deadline);
	while ((intid = gic_acknowledge()) < INTID_SPECIAL) {
		trace(TRACE_IRQ, TRACE_NO_VCPU, intid);
		sched_interrupt(intid);
	}
	trace(TRACE_WAKE, TRACE_NO_VCPU, 0);
	end = counter_now();
	core->idle_ticks += end - now;
	core->idle_count++;
	return end;
}
