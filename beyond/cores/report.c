// SPDX-License-Identifier: MIT
/* What the schedulers of all cores have counted: lab 5's sched_report(). */
#include "build.h"
#include "counter.h"
#include "printf.h"
#include "report.h"
#include "sched.h"

static void report_vcore(const struct vcore *vcore, uint64_t ms)
{
	const struct sched_context *s = &vcore->context.sched;

	printf("[sched] vm%u.%u on core %u: %lu turns, %lu us; ended by slice %lu, by wait %lu, else %lu\n",
	       vcore->vcpu.vm->id, vcore->index, vcore->core->number, s->turns,
	       s->ran * 1000 / ms, s->ended_by_slice, s->ended_by_wait,
	       s->turns - s->ended_by_slice - s->ended_by_wait);
	printf("[exits] vm%u.%u:", vcore->vcpu.vm->id, vcore->index);
	for (unsigned int class = 0; class < EXIT_CLASSES; class++)
		if (vcore->vcpu.exits[class])
			printf(" %s %lu", exit_class_name(class), vcore->vcpu.exits[class]);
	printf("\n");
}

void sched_report(unsigned int first)
{
	uint64_t ms = counter_ticks(1000);
	struct guest *guest;

	for (unsigned int n = first; (guest = guest_number(n)); n++)
		for (unsigned int i = 0; i < guest->cpu_count; i++)
			report_vcore(guest->cpu[i], ms);
	for (unsigned int n = 0; n < core_count; n++)
		printf("[sched] core %u idle: %lu times, %lu us\n", n, cores[n].idle_count,
		       cores[n].idle_ticks * 1000 / ms);
}
