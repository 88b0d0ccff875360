// SPDX-License-Identifier: MIT
/*
 * Work, and record when. A jump of the counter between two looks is time in which EL2 or
 * other guests ran.
 */
#include "stopwatch.h"

#include "guest.h"
#include "guest_irq.h"
#include "guest_time.h"
#include "hypercall.h"

#define JUMP_NS	640	/* longer than from one look to the next, shorter than any exit */

extern char guest_image_start[];

static struct run_record *record;
static struct run run;		/* the one that has not ended */

static void end_run(uint64_t now, uint64_t after)
{
	if (record->count < RUNS_MAX)
		record->runs[record->count++] = run;
	run = (struct run){ .start = now, .end = now, .after = after };
}

static uint64_t now_after_sleep(uint64_t ticks)
{
	timer_at(ticks);
	while (irq_acknowledge() == INTID_SPURIOUS)
		__asm__ volatile("wfi" ::: "memory");
	timer_stop();
	irq_end(PPI_VTIMER);
	return read_sysreg(cntvct_el0);
}

void main(void)
{
	const uint64_t jump = JUMP_NS * read_sysreg(cntfrq_el0) / 1000000000;
	uint64_t now, work = 0, yields = 0;

	record = (void *)(guest_image_start + SLOT_SIZE - WORK_SIZE);
	irq_init();
	now = read_sysreg(cntvct_el0);
	run = (struct run){ .start = now, .end = now };
	while (now < record->until) {
		now = read_sysreg(cntvct_el0);
		if (now - run.end > jump) {
			end_run(now, 0);
		} else {
			work += now - run.end;
			run.end = now;
		}
		if (record->event && now >= record->event &&
		    now - run.start >= record->event_run) {
			record->event = 0;
			hvc(HVC_CASE_EVENT, 0);
			end_run(read_sysreg(cntvct_el0), RUN_AFTER_EVENT);
		}
		if (record->work && work >= record->work) {
			uint64_t deadline = run.end + record->sleep;

			work = 0;
			if (record->sleep)
				end_run(now_after_sleep(deadline), deadline);
			else if (yields++ % 2)
				hvc(HVC_CASE_WFE, 0);
			else
				hvc(HVC_YIELD, 0);
		}
	}
	end_run(now, 0);
	while (record->asleep)
		__asm__ volatile("wfi" ::: "memory");
}
