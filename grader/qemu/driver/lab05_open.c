// SPDX-License-Identifier: MIT
/*
 * For the contract of a scheduler by shares: sets of vCPUs that run grader/guests/stopwatch.c.
 * The guests record when they run, so no time comes from the scheduler.
 */
#include "driver.h"

#include "aperture.h"
#include "barrier.h"
#include "cache.h"
#include "context.h"
#include "counter.h"
#include "el2_mmu.h"
#include "gic.h"
#include "guest_image.h"
#include "hypercall.h"
#include "panic.h"
#include "shares.h"
#include "stage2.h"
#include "string.h"
#include "traps.h"
#include "../../guests/stopwatch.h"

#define COPY_BASE	LOG_END		/* of .data and .bss */
#define COPY_SIZE	U64(0x1000000)
#define LATE_US		75		/* the event is late in a slice of 100 us */

extern char data_start[], data_end[], bss_start[], bss_end[];

/* A member of the set. It is late if its vCPU is created by the event. */
struct member {
	struct vm *vm;
	struct vcpu *vcpu;
	uint64_t share;		/* 0: the default one */
	uint64_t new_share;	/* set by the event; 0: it stays */
	bool late;
};

static struct member members[VM_MAX];
static unsigned int member_count;

void lab05_open_start(void);
void lab05_open_begin(void);
void lab05_open_add(uint64_t share, uint64_t new_share, bool late, uint64_t until_us,
		    uint64_t work_us, uint64_t sleep_us, uint64_t event_us, bool asleep);
uint64_t lab05_open_run(void);

static struct run_record *record_of(const struct member *member)
{
	return (struct run_record *)WORK_ADDR(member->vm->id);
}

static void create(struct member *member)
{
	member->vcpu = vcpu_create(member->vm);
	context_create(member->vcpu);
	if (member->share)
		sched_set_share(member->vcpu, member->share);
}

/* Copy all data of EL2, without the guard page in the middle, from there or to there. */
static void copy_data(bool back)
{
	char *data = (char *)COPY_BASE, *bss = data + (data_end - data_start);

	memcpy(back ? data_start : data, back ? data : data_start, data_end - data_start);
	memcpy(back ? bss_start : bss, back ? bss : bss_start, bss_end - bss_start);
}

/* A WFE instead of the HVC. */
static enum trap_result wfe(struct vcpu *vcpu)
{
	write_sysreg(esr_el2, (uint64_t)EC_WFX << 26 | FIELD_PREP(ISS_WFX_TI, WFX_WFE));
	write_sysreg(elr_el2, read_sysreg(elr_el2) - 4);
	return trap_handle(vcpu, EXIT_SYNC);
}

/* The event of the set, which one of its guests calls. */
static enum trap_result call_handle(struct vcpu *vcpu, uint64_t esr)
{
	if (FIELD_GET(ISS_IMM16, esr) == HVC_CASE_WFE)
		return wfe(vcpu);
	if (FIELD_GET(ISS_IMM16, esr) != HVC_CASE_EVENT)
		return hypercall_handle(vcpu, esr);
	for (unsigned int i = 0; i < member_count; i++) {
		if (members[i].late)
			create(&members[i]);
		if (members[i].new_share)
			sched_set_share(members[i].vcpu, members[i].new_share);
	}
	context_switch(vcpu);		/* context_create() has unloaded it */
	return TRAP_RESUME;
}

/* Initialize the stage like its main.c, and keep a copy of EL2's data. */
void lab05_open_start(void)
{
	el2_mmu_init();
	if (el2_map(SCRIPT_BASE, SCRIPT_BASE, COPY_BASE + COPY_SIZE - SCRIPT_BASE, PROT_W))
		panic("the script is not mapped");
	el2_mmu_enable();
	s2_init();
	guest_config();
	context_config();
	gic_init();
	vgic_init();
	sched_init();
	trap_set_handler(EC_HVC64, call_handle);
	copy_data(false);
}

/* Begin a set: all data of EL2 is as after the start, so there is no VM and no vCPU. */
void lab05_open_begin(void)
{
	copy_data(true);
	dsb(ishst);
	__asm__ volatile("tlbi alle1\n\ttlbi alle2" ::: "memory");
	dsb(ish);
	isb();
}

/* Add a member: its shares, and what its guest does. */
void lab05_open_add(uint64_t share, uint64_t new_share, bool late, uint64_t until_us,
		    uint64_t work_us, uint64_t sleep_us, uint64_t event_us, bool asleep)
{
	const struct guest_image *image = &guest_images[member_count];
	struct member *member = &members[member_count++];
	struct vm *vm = vm_create(image->name);
	struct run_record *runs;

	*member = (struct member){ vm, NULL, share, new_share, late };
	aperture_clear(vm);
	memcpy((void *)SLOT_ADDR(vm->id), image->start, image->end - image->start);
	runs = record_of(member);	/* wiped, like all of the slot */
	runs->until = counter_ticks(until_us);
	runs->work = counter_ticks(work_us);
	runs->sleep = counter_ticks(sleep_us);
	runs->event = counter_ticks(event_us);
	runs->event_run = counter_ticks(LATE_US);
	runs->asleep = asleep;
	cache_clean_invalidate((void *)SLOT_ADDR(vm->id), SLOT_SIZE);
	icache_invalidate_all();
	if (!late)
		create(member);
}

static void to_ns(struct run *run, uint64_t offset)
{
	run->start = contract_ns(run->start + offset);
	run->end = contract_ns(run->end + offset);
	if (run->after > RUN_AFTER_EVENT)
		run->after = contract_ns(run->after + offset);
}

/*
 * Run the set to its end: the times of its members begin now, those of late ones when they
 * are created. For each member with a vCPU record its runs, in physical nanoseconds, and
 * what the scheduler counted.
 */
uint64_t lab05_open_run(void)
{
	for (unsigned int i = 0; i < member_count; i++) {
		struct run_record *runs = record_of(&members[i]);
		uint64_t age = members[i].late ? 0 :
			       counter_now() - members[i].vcpu->context->vtimer.offset;

		runs->until += age;
		runs->event += runs->event ? age : 0;
		cache_clean_invalidate(runs, offsetof(struct run_record, runs));
	}
	sched_run();
	for (unsigned int i = 0; i < member_count; i++) {
		struct run_record *runs = record_of(&members[i]);
		const struct sched_context *sched;

		cache_clean_invalidate(runs, sizeof(*runs));
		if (!members[i].vcpu)
			continue;
		for (size_t n = 0; n < runs->count; n++)
			to_ns(&runs->runs[n], members[i].vcpu->context->vtimer.offset);
		record(RECORD_WORDS, &runs->runs[0].start, runs->count * 3);
		sched = &members[i].vcpu->context->sched;
		record(RECORD_WORDS, (const uint64_t[]){ sched->turns, sched->ended_by_slice,
			sched->ended_by_wait, members[i].vcpu->state == VCPU_STOPPED }, 4);
	}
	return member_count;
}

const void *const lab05_open_functions[] = {
	lab05_open_start, lab05_open_begin, lab05_open_add, lab05_open_run,
};
