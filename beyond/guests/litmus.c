// SPDX-License-Identifier: MIT
/*
 * Memory order and sharing between two cores: what barriers forbid is never seen. Arm ARM, "The
 * AArch64 Application Level Memory Model" (B2.3), "Basic barrier litmus tests" (K14).
 *
 * Without barriers both orders are allowed, and a machine may show either, so nothing is asked
 * of those. QEMU with one host thread keeps one order for all cores; with a thread a core, and
 * in a VM, the tests have more to find.
 */
#include "aliases.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "wait.h"

const char guest_name[] = "litmus";

#define ROUNDS	200
#define OTHER	1	/* the second core */

/* Two locations, a cache line each, and the registers that the programs end with. */
static struct {
	uint64_t value __attribute__((aligned(128)));
} x, y;
static uint64_t r0, r1, r2, r3;

/* A round begins on both cores at once: each waits for the other's number of the round. */
static uint64_t here __attribute__((aligned(128))), there __attribute__((aligned(128)));
static bool met;

static bool other_is_there(void *round)
{
	return __atomic_load_n(&there, __ATOMIC_ACQUIRE) >= *(uint64_t *)round;
}

static bool first_is_here(void *round)
{
	return __atomic_load_n(&here, __ATOMIC_ACQUIRE) >= *(uint64_t *)round;
}

void check_setup(void)
{
	here = 0;
	there = 0;
}

static uint64_t load(const uint64_t *p)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(p) : "memory");
	return value;
}

static void store(uint64_t *p, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" :: "r"(value), "r"(p) : "memory");
}

static uint64_t load_acquire(const uint64_t *p)
{
	uint64_t value;

	__asm__ volatile("ldar %0, [%1]" : "=r"(value) : "r"(p) : "memory");
	return value;
}

static void store_release(uint64_t *p, uint64_t value)
{
	__asm__ volatile("stlr %0, [%1]" :: "r"(value), "r"(p) : "memory");
}

struct litmus {
	void (*first)(void), (*second)(void);
	bool (*forbidden)(void);
};

/* The second core's part of all rounds. */
static void run_second(void *litmus)
{
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		__atomic_store_n(&there, round, __ATOMIC_RELEASE);
		if (!wait_for(first_is_here, &round, 100000))
			check_fail("the first core is lost");
		((const struct litmus *)litmus)->second();
		__atomic_store_n(&met, true, __ATOMIC_RELEASE);
	}
}

static bool second_is_done(void *unused)
{
	(void)unused;
	return __atomic_load_n(&met, __ATOMIC_ACQUIRE);
}

/* Run both programs ROUNDS times, shifted against each other, and look for what is forbidden. */
static void run(const struct litmus *litmus)
{
	core_begin(OTHER, run_second, (void *)litmus);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		if (!wait_for(other_is_there, &round, 100000))
			check_fail("the second core is lost");
		x.value = 0;
		y.value = 0;
		met = false;
		__atomic_store_n(&here, round, __ATOMIC_RELEASE);
		for (uint64_t n = 0; n < round % 16; n++)
			__asm__ volatile("yield");
		litmus->first();
		if (!wait_for(second_is_done, 0, 100000))
			check_fail("the second core is lost");
		expect_true("what the barriers forbid was never seen", !litmus->forbidden());
	}
	core_end(OTHER);
}

/* Message passing: the flag is seen, the data is not. */
static void mp_write_dmb(void)
{
	store(&x.value, 1);
	dmb(ish);
	store(&y.value, 1);
}

static void mp_write_dmb_st(void)
{
	store(&x.value, 1);
	dmb(ishst);
	store(&y.value, 1);
}

static void mp_write_release(void)
{
	store(&x.value, 1);
	store_release(&y.value, 1);
}

static void mp_read_dmb(void)
{
	r0 = load(&y.value);
	dmb(ish);
	r1 = load(&x.value);
}

static void mp_read_dmb_ld(void)
{
	r0 = load(&y.value);
	dmb(ishld);
	r1 = load(&x.value);
}

static void mp_read_acquire(void)
{
	r0 = load_acquire(&y.value);
	r1 = load(&x.value);
}

static void mp_read_address(void)
{
	/* The address of the second load depends on the first: they stay in order. */
	__asm__ volatile("ldr	%0, [%2]\n\t"
			 "eor	%1, %0, %0\n\t"
			 "ldr	%1, [%3, %1]"
			 : "=&r"(r0), "=&r"(r1) : "r"(&y.value), "r"(&x.value) : "memory");
}

static bool mp_forbidden(void)
{
	return r0 == 1 && r1 == 0;
}

CHECK("litmus.mp.dmb_dmb")
{
	run(&(struct litmus){ mp_write_dmb, mp_read_dmb, mp_forbidden });
}

CHECK("litmus.mp.dmb_st_dmb_ld")
{
	run(&(struct litmus){ mp_write_dmb_st, mp_read_dmb_ld, mp_forbidden });
}

CHECK("litmus.mp.release_acquire")
{
	run(&(struct litmus){ mp_write_release, mp_read_acquire, mp_forbidden });
}

CHECK("litmus.mp.dmb_address_dependency")
{
	run(&(struct litmus){ mp_write_dmb, mp_read_address, mp_forbidden });
}

/* Store buffering: both loads miss the other core's store. */
static void sb_first_dmb(void)
{
	store(&x.value, 1);
	dmb(ish);
	r0 = load(&y.value);
}

static void sb_second_dmb(void)
{
	store(&y.value, 1);
	dmb(ish);
	r1 = load(&x.value);
}

static void sb_first_dsb(void)
{
	store(&x.value, 1);
	dsb(ish);
	r0 = load(&y.value);
}

static void sb_second_dsb(void)
{
	store(&y.value, 1);
	dsb(ish);
	r1 = load(&x.value);
}

static void sb_first_ordered(void)
{
	store_release(&x.value, 1);
	r0 = load_acquire(&y.value);
}

static void sb_second_ordered(void)
{
	store_release(&y.value, 1);
	r1 = load_acquire(&x.value);
}

static bool sb_forbidden(void)
{
	return r0 == 0 && r1 == 0;
}

CHECK("litmus.sb.dmb_dmb")
{
	run(&(struct litmus){ sb_first_dmb, sb_second_dmb, sb_forbidden });
}

CHECK("litmus.sb.dsb_dsb")
{
	run(&(struct litmus){ sb_first_dsb, sb_second_dsb, sb_forbidden });
}

CHECK("litmus.sb.stlr_ldar")
{
	/* LDAR is not ahead of an earlier STLR: "Load-Acquire, Load-AcquirePC, Store-Release". */
	run(&(struct litmus){ sb_first_ordered, sb_second_ordered, sb_forbidden });
}

/* Load buffering: both loads see the other core's later store. */
static void lb_first_dmb(void)
{
	r0 = load(&x.value);
	dmb(ish);
	store(&y.value, 1);
}

static void lb_second_dmb(void)
{
	r1 = load(&y.value);
	dmb(ish);
	store(&x.value, 1);
}

static void lb_first_acquire(void)
{
	r0 = load_acquire(&x.value);
	store(&y.value, 1);
}

static void lb_second_acquire(void)
{
	r1 = load_acquire(&y.value);
	store(&x.value, 1);
}

static void lb_second_control(void)
{
	/* A store after a branch on the loaded value waits for it. */
	r1 = load(&y.value);
	__asm__ volatile("cbnz	%0, 1f\n1:" :: "r"(r1) : "memory");
	store(&x.value, 1);
}

static bool lb_forbidden(void)
{
	return r0 == 1 && r1 == 1;
}

CHECK("litmus.lb.dmb_dmb")
{
	run(&(struct litmus){ lb_first_dmb, lb_second_dmb, lb_forbidden });
}

CHECK("litmus.lb.acquire_acquire")
{
	run(&(struct litmus){ lb_first_acquire, lb_second_acquire, lb_forbidden });
}

CHECK("litmus.lb.dmb_control_dependency")
{
	run(&(struct litmus){ lb_first_dmb, lb_second_control, lb_forbidden });
}

/* Coherence: two reads of one location never go back. No barrier is needed. */
static void write_once(void)
{
	store(&x.value, 1);
}

static void read_twice(void)
{
	r0 = load(&x.value);
	r1 = load(&x.value);
}

static bool went_back(void)
{
	return r0 == 1 && r1 == 0;
}

CHECK("litmus.coherence.reads_do_not_go_back")
{
	run(&(struct litmus){ write_once, read_twice, went_back });
}

static void write_then_read(void)
{
	store(&x.value, 1);
	r0 = load(&x.value);
}

static void write_other(void)
{
	store(&x.value, 2);
}

static bool lost_own_write(void)
{
	return r0 == 0;
}

CHECK("litmus.coherence.own_write_is_seen")
{
	run(&(struct litmus){ write_then_read, write_other, lost_own_write });
}

/* Two locations written in opposite orders, with barriers: not both first ones can stay. */
static void w2_first(void)
{
	store(&x.value, 1);
	dmb(ishst);
	store(&y.value, 2);
}

static void w2_second(void)
{
	store(&y.value, 1);
	dmb(ishst);
	store(&x.value, 2);
}

static bool both_first_stayed(void)
{
	r2 = x.value;
	r3 = y.value;
	return r2 == 1 && r3 == 1;
}

CHECK("litmus.2_2w.dmb_st")
{
	run(&(struct litmus){ w2_first, w2_second, both_first_stayed });
}

/* S: a store that is ordered after a load of the other core's flag is the last one. */
static void s_first(void)
{
	store(&x.value, 2);
	dmb(ish);
	store(&y.value, 1);
}

static void s_second(void)
{
	r0 = load(&y.value);
	dmb(ish);
	store(&x.value, 1);
}

static bool s_forbidden(void)
{
	return r0 == 1 && x.value == 2;
}

CHECK("litmus.s.dmb_dmb")
{
	run(&(struct litmus){ s_first, s_second, s_forbidden });
}

static uint64_t counter;

static void add_1000(void *unused)
{
	(void)unused;
	for (unsigned int n = 0; n < 1000; n++)
		__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
}

CHECK("litmus.exclusive.no_increment_is_lost")
{
	counter = 0;
	for (unsigned int n = 1; n < core_count; n++)
		core_begin(n, add_1000, 0);
	add_1000(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_end(n);
	expect_equal("the counter", counter, 1000 * core_count);
}

static uint32_t lock;
static uint64_t guarded;

static void add_under_lock(void *unused)
{
	(void)unused;
	for (unsigned int n = 0; n < 200; n++) {
		while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
			__asm__ volatile("yield");
		store(&guarded, load(&guarded) + 1);
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	}
}

CHECK("litmus.lock.excludes")
{
	guarded = 0;
	for (unsigned int n = 1; n < core_count; n++)
		core_begin(n, add_under_lock, 0);
	add_under_lock(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_end(n);
	expect_equal("the counter", guarded, 200 * core_count);
}

/* An SGI after a DSB: who takes it sees what was written before. */
static void take_sgi(void *message)
{
	gic_reset_core();
	gic_enable(3, PRIORITY);
	__atomic_store_n(&there, 1, __ATOMIC_RELEASE);
	expect_equal("INTID", gic_acknowledge(), 3);
	gic_end(3);
	expect_equal("the message", load(message), 42);
}

CHECK("litmus.sgi.message_before_it_is_seen")
{
	uint64_t round = 1;

	gic_reset();
	x.value = 0;
	core_begin(OTHER, take_sgi, &x.value);
	expect_true("the other core is ready", wait_for(other_is_there, &round, 100000));
	store(&x.value, 42);
	gic_send_sgi(OTHER, 3);		/* with its DSB ISHST */
	core_end(OTHER);
}

extern uint64_t alias_level2[];

static void read_word(void *address)
{
	load(address);
}

/* On the second core: the alias is readable at first; later it faults. */
static void expect_readable(void *address)
{
	load(address);
}

static void expect_fault(void *address)
{
	struct taken taken;

	expect_equal("an exception after TLBI", attempt(read_word, address, &taken),
		     ATTEMPT_EXCEPTION);
}

CHECK("litmus.tlbi.reaches_the_other_core")
{
	uint64_t *entry = &alias_level2[ALIAS_SPARE];
	uint64_t address = alias_of(ALIAS_SPARE, &x.value), old = *entry;

	core_run(OTHER, expect_readable, (void *)address);
	load((void *)address);
	store(entry, 0);
	dsb(ishst);		/* the walkers of all cores see the entry */
	__asm__ volatile("tlbi vae1is, %0" :: "r"(address >> 12) : "memory");
	dsb(ish);		/* no core uses the old translation any more */
	isb();
	expect_fault((void *)address);
	core_run(OTHER, expect_fault, (void *)address);
	store(entry, old);
	dsb(ish);
	isb();
	core_run(OTHER, expect_readable, (void *)address);
}
