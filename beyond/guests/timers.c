// SPDX-License-Identifier: MIT
/*
 * The generic timer on each core: the virtual timer (PPI 27) and the physical one (PPI 30), which
 * behave alike. Arm ARM, "The Generic Timer in AArch64 state"; PPI numbers: Arm BSA.
 *
 * Not checked: ISTATUS while ENABLE is 0, which is UNKNOWN; the distance between CNTPCT_EL0 and
 * CNTVCT_EL0, which is CNTVOFF_EL2's.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "psci.h"
#include "wait.h"

const char guest_name[] = "timers";

#define SOON_US		20
#define ON_TIME_US	1000	/* at most so late */
#define FAR		(U64(1) << 60)	/* ticks: never */

struct timer {
	unsigned int ppi;
	uint64_t (*now)(void);
	uint64_t (*control)(void);
	uint64_t (*compare)(void);
	uint64_t (*value)(void);
	void (*set_control)(uint64_t control);
	void (*set_compare)(uint64_t compare);
	void (*set_value)(uint64_t value);
};

#define ACCESSORS(kind, counter, name)						\
	static uint64_t kind##_now(void) { isb(); return read_sysreg(counter); }	\
	static uint64_t kind##_control(void) { return read_sysreg(name##_ctl_el0); }	\
	static uint64_t kind##_compare(void) { return read_sysreg(name##_cval_el0); }	\
	static uint64_t kind##_value(void) { return read_sysreg(name##_tval_el0); }	\
	static void kind##_set_control(uint64_t v) { write_sysreg(name##_ctl_el0, v); isb(); } \
	static void kind##_set_compare(uint64_t v) { write_sysreg(name##_cval_el0, v); isb(); } \
	static void kind##_set_value(uint64_t v) { write_sysreg(name##_tval_el0, v); isb(); } \
	static const struct timer kind##_timer

ACCESSORS(virtual, cntvct_el0, cntv) = {
	.ppi = PPI_VTIMER, .now = virtual_now, .control = virtual_control,
	.compare = virtual_compare, .value = virtual_value, .set_control = virtual_set_control,
	.set_compare = virtual_set_compare, .set_value = virtual_set_value,
};
ACCESSORS(physical, cntpct_el0, cntp) = {
	.ppi = PPI_PHYSICAL_TIMER, .now = physical_now, .control = physical_control,
	.compare = physical_compare, .value = physical_value, .set_control = physical_set_control,
	.set_compare = physical_set_compare, .set_value = physical_set_value,
};

static void reset_core(void *unused)
{
	(void)unused;
	virtual_set_control(0);
	virtual_set_compare(FAR);
	physical_set_control(0);
	physical_set_compare(FAR);
	gic_reset_core();
}

void check_setup(void)
{
	gic_reset_distributor();
	reset_core(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, reset_core, 0);
}

/* Run a property of `timer` on every core. */
static void on_each_core(void (*property)(void *timer), const struct timer *timer)
{
	property((void *)timer);
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, property, (void *)timer);
}

static bool is_met(void *timer)
{
	return ((const struct timer *)timer)->control() & CNT_CTL_ISTATUS;
}

static bool is_pending(void *timer)
{
	return gic_is_pending(((const struct timer *)timer)->ppi);
}

static bool is_quiet(void *timer)
{
	return !is_pending(timer);
}

/* Let the timer expire now, and wait for its line. */
static void expire(const struct timer *t)
{
	t->set_compare(t->now());
	t->set_control(CNT_CTL_ENABLE);
	expect_true("pending after its time", wait_for(is_pending, (void *)t, EFFECT_US));
}

static void expect_quiet(const struct timer *t)
{
	expect_true("not pending any more", wait_for(is_quiet, (void *)t, EFFECT_US));
}

CHECK("counter.frequency.is_set")
{
	expect_not("CNTFRQ_EL0", read_sysreg(cntfrq_el0), 0);
}

static uint64_t frequency;

static void read_frequency(void *unused)
{
	(void)unused;
	frequency = read_sysreg(cntfrq_el0);
}

CHECK("counter.frequency.is_equal_on_each_core")
{
	for (unsigned int n = 1; n < core_count; n++) {
		core_run(n, read_frequency, 0);
		expect_equal("CNTFRQ_EL0", frequency, read_sysreg(cntfrq_el0));
	}
}

/* The counter never goes back, and does not stop. */
static void counts_up(void *timer)
{
	const struct timer *t = timer;
	uint64_t first = t->now(), last = first, next;

	for (unsigned int n = 0; n < 1000; n++, last = next) {
		next = t->now();
		expect_at_least("the counter", next, last);
	}
	wait_us(SOON_US);
	expect_at_least("the counter after a time", t->now(), last + 1);
}

CHECK("counter.virtual.counts_up")
{
	on_each_core(counts_up, &virtual_timer);
}

CHECK("counter.physical.counts_up")
{
	on_each_core(counts_up, &physical_timer);
}

static uint64_t reading;

static void read_counter(void *unused)
{
	(void)unused;
	isb();
	reading = read_sysreg(cntvct_el0);
}

CHECK("counter.virtual.is_one_for_all_cores")
{
	for (unsigned int n = 1; n < core_count; n++) {
		uint64_t before = wait_now();

		core_run(n, read_counter, 0);
		expect_at_least("the other core's, read after this one's", reading, before);
		expect_at_least("this core's, read after the other one's", wait_now(), reading);
	}
}

static void far_is_not_met(void *timer)
{
	const struct timer *t = timer;

	t->set_compare(t->now() + FAR);
	t->set_control(CNT_CTL_ENABLE);
	wait_us(SOON_US);
	expect_equal("CTL", t->control(), CNT_CTL_ENABLE);
	expect_true("not pending", !is_pending(timer));
}

CHECK("timer.virtual.before_its_time_is_not_met")
{
	on_each_core(far_is_not_met, &virtual_timer);
}

CHECK("timer.physical.before_its_time_is_not_met")
{
	on_each_core(far_is_not_met, &physical_timer);
}

static void past_is_met(void *timer)
{
	const struct timer *t = timer;

	t->set_compare(0);
	t->set_control(CNT_CTL_ENABLE);
	expect_equal("CTL", t->control(), CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
}

CHECK("timer.virtual.after_its_time_is_met")
{
	on_each_core(past_is_met, &virtual_timer);
}

CHECK("timer.physical.after_its_time_is_met")
{
	on_each_core(past_is_met, &physical_timer);
}

/* ISTATUS goes to 1 at CVAL, not before. */
static void met_on_time(void *timer)
{
	const struct timer *t = timer;
	uint64_t due = t->now() + wait_ticks(SOON_US), seen;

	t->set_compare(due);
	t->set_control(CNT_CTL_ENABLE);
	for (unsigned int n = 0; n < 1000000; n++)
		if (is_met(timer))
			break;
	seen = t->now();
	expect_true("met", is_met(timer));
	expect_at_least("the counter when it is met", seen, due);
}

CHECK("timer.virtual.is_not_met_early")
{
	on_each_core(met_on_time, &virtual_timer);
}

CHECK("timer.physical.is_not_met_early")
{
	on_each_core(met_on_time, &physical_timer);
}

static void compare_has_64_bits(void *timer)
{
	const struct timer *t = timer;

	t->set_compare(U64(0xfedcba9876543210));
	expect_equal("CVAL", t->compare(), U64(0xfedcba9876543210));
	t->set_compare(U64(0x0123456789abcdef));
	expect_equal("CVAL", t->compare(), U64(0x0123456789abcdef));
}

CHECK("timer.virtual.cval_has_64_bits")
{
	on_each_core(compare_has_64_bits, &virtual_timer);
}

CHECK("timer.physical.cval_has_64_bits")
{
	on_each_core(compare_has_64_bits, &physical_timer);
}

static void status_is_read_only(void *timer)
{
	const struct timer *t = timer;

	t->set_compare(t->now() + FAR);
	t->set_control(~U64(0));
	expect_equal("CTL", t->control(), CNT_CTL_ENABLE | CNT_CTL_IMASK);
}

CHECK("timer.virtual.ctl_has_two_writable_bits")
{
	on_each_core(status_is_read_only, &virtual_timer);
}

CHECK("timer.physical.ctl_has_two_writable_bits")
{
	on_each_core(status_is_read_only, &physical_timer);
}

/* TVAL sets CVAL to the counter plus its sign-extended 32 bits. */
static void value_sets_compare(void *timer)
{
	const struct timer *t = timer;
	uint64_t before = t->now(), after;

	t->set_value(1000000);
	after = t->now();
	expect_at_least("CVAL", t->compare(), before + 1000000);
	expect_true("CVAL at most", t->compare() <= after + 1000000);
}

CHECK("timer.virtual.tval_sets_cval")
{
	on_each_core(value_sets_compare, &virtual_timer);
}

CHECK("timer.physical.tval_sets_cval")
{
	on_each_core(value_sets_compare, &physical_timer);
}

static void value_is_signed(void *timer)
{
	const struct timer *t = timer;
	uint64_t before = t->now(), after;

	t->set_value(0xffffff00);	/* -256 */
	after = t->now();
	expect_true("CVAL is in the past", (int64_t)(t->compare() - before) >= -256 &&
		    (int64_t)(t->compare() - after) <= -256);
	t->set_control(CNT_CTL_ENABLE);
	expect_true("met", is_met(timer) || before < 256);
}

CHECK("timer.virtual.tval_is_signed")
{
	on_each_core(value_is_signed, &virtual_timer);
}

CHECK("timer.physical.tval_is_signed")
{
	on_each_core(value_is_signed, &physical_timer);
}

static void value_reads_the_rest(void *timer)
{
	const struct timer *t = timer;
	uint64_t first, second;

	t->set_compare(t->now() + 1000000);
	first = t->value();
	wait_us(SOON_US);
	second = t->value();
	expect_true("TVAL at most the distance", first <= 1000000);
	expect_true("it counts down", second < first);
	t->set_compare(t->now() - 1000);
	expect_at_least("as 32 bits, negative after its time", t->value(), 0x80000000);
	expect_true("bits 63 to 32 are 0", t->value() <= 0xffffffff);
}

CHECK("timer.virtual.tval_reads_the_rest")
{
	on_each_core(value_reads_the_rest, &virtual_timer);
}

CHECK("timer.physical.tval_reads_the_rest")
{
	on_each_core(value_reads_the_rest, &physical_timer);
}

static void pends_its_ppi(void *timer)
{
	const struct timer *t = timer;
	uint32_t others = 1U << PPI_VTIMER | 1U << PPI_PHYSICAL_TIMER;

	expire(t);
	expect_equal("PPIs of both timers", gicr_read(GICR_ISPENDR0) & others, 1U << t->ppi);
}

CHECK("timer.virtual.pends_ppi_27")
{
	on_each_core(pends_its_ppi, &virtual_timer);
}

CHECK("timer.physical.pends_ppi_30")
{
	on_each_core(pends_its_ppi, &physical_timer);
}

static void mask_hides_the_line(void *timer)
{
	const struct timer *t = timer;

	t->set_compare(0);
	t->set_control(CNT_CTL_ENABLE | CNT_CTL_IMASK);
	wait_us(SOON_US);
	expect_equal("CTL", t->control(), CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS);
	expect_true("not pending", !is_pending(timer));
	t->set_control(CNT_CTL_ENABLE);
	expect_true("pending without IMASK", wait_for(is_pending, timer, EFFECT_US));
	t->set_control(CNT_CTL_ENABLE | CNT_CTL_IMASK);
	expect_quiet(t);
}

CHECK("timer.virtual.imask_hides_the_line")
{
	on_each_core(mask_hides_the_line, &virtual_timer);
}

CHECK("timer.physical.imask_hides_the_line")
{
	on_each_core(mask_hides_the_line, &physical_timer);
}

static void later_time_lowers_the_line(void *timer)
{
	const struct timer *t = timer;

	expire(t);
	t->set_compare(t->now() + FAR);
	expect_quiet(t);
	expire(t);
	t->set_control(0);
	expect_quiet(t);
}

CHECK("timer.virtual.line_goes_down")
{
	on_each_core(later_time_lowers_the_line, &virtual_timer);
}

CHECK("timer.physical.line_goes_down")
{
	on_each_core(later_time_lowers_the_line, &physical_timer);
}

static void is_delivered(void *timer)
{
	const struct timer *t = timer;

	gic_enable(t->ppi, PRIORITY);
	t->set_value(wait_ticks(SOON_US));
	t->set_control(CNT_CTL_ENABLE);
	expect_equal("INTID", gic_acknowledge(), t->ppi);
	expect_true("its time has come", t->now() >= t->compare());
	t->set_control(0);
	gic_end(t->ppi);
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("timer.virtual.is_delivered")
{
	on_each_core(is_delivered, &virtual_timer);
}

CHECK("timer.physical.is_delivered")
{
	on_each_core(is_delivered, &physical_timer);
}

/* Level-sensitive: the line is still up after the end of its interrupt, so it comes again. */
static void comes_again(void *timer)
{
	const struct timer *t = timer;

	gic_enable(t->ppi, PRIORITY);
	expire(t);
	for (unsigned int n = 0; n < 3; n++) {
		expect_equal("INTID", gic_acknowledge(), t->ppi);
		expect_true("active", gic_is_active(t->ppi));
		expect_equal("while active", gic_acknowledge_now(), INTID_SPURIOUS);
		gic_end(t->ppi);
	}
	t->set_control(0);
	expect_quiet(t);
	expect_equal("with the line down", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("timer.virtual.comes_again_while_the_line_is_up")
{
	on_each_core(comes_again, &virtual_timer);
}

CHECK("timer.physical.comes_again_while_the_line_is_up")
{
	on_each_core(comes_again, &physical_timer);
}

static void active_and_pending(void *timer)
{
	const struct timer *t = timer;

	gic_enable(t->ppi, PRIORITY);
	expire(t);
	expect_equal("INTID", gic_acknowledge(), t->ppi);
	expect_true("active", gic_is_active(t->ppi));
	expect_true("and pending, as the line is up", is_pending(timer));
	t->set_control(0);
	expect_quiet(t);
	expect_true("still active", gic_is_active(t->ppi));
	gic_end(t->ppi);
}

CHECK("timer.virtual.is_active_and_pending")
{
	on_each_core(active_and_pending, &virtual_timer);
}

CHECK("timer.physical.is_active_and_pending")
{
	on_each_core(active_and_pending, &physical_timer);
}

static void gone_before_delivery(void *timer)
{
	const struct timer *t = timer;

	write_sysreg(icc_pmr_el1, 0);
	isb();
	gic_enable(t->ppi, PRIORITY);
	expire(t);
	t->set_compare(t->now() + FAR);
	expect_quiet(t);
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("timer.virtual.gone_before_delivery_is_not_delivered")
{
	on_each_core(gone_before_delivery, &virtual_timer);
}

CHECK("timer.physical.gone_before_delivery_is_not_delivered")
{
	on_each_core(gone_before_delivery, &physical_timer);
}

static void disabled_ppi_waits(void *timer)
{
	const struct timer *t = timer;

	expire(t);
	expect_equal("while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_enable(t->ppi, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), t->ppi);
	t->set_control(0);
	gic_end(t->ppi);
}

CHECK("timer.virtual.waits_for_its_enable")
{
	on_each_core(disabled_ppi_waits, &virtual_timer);
}

CHECK("timer.physical.waits_for_its_enable")
{
	on_each_core(disabled_ppi_waits, &physical_timer);
}

/* A masked IRQ ends WFI all the same. Arm ARM, "Wait for Interrupt". */
static void ends_wfi(void *timer)
{
	const struct timer *t = timer;

	gic_enable(t->ppi, PRIORITY);
	t->set_value(wait_ticks(SOON_US));
	t->set_control(CNT_CTL_ENABLE);
	gic_sleep(PPI_VTIMER + PPI_PHYSICAL_TIMER - t->ppi);
	expect_equal("INTID", gic_acknowledge(), t->ppi);
	t->set_control(0);
	gic_end(t->ppi);
}

CHECK("timer.virtual.ends_wfi")
{
	on_each_core(ends_wfi, &virtual_timer);
}

CHECK("timer.physical.ends_wfi")
{
	on_each_core(ends_wfi, &physical_timer);
}

CHECK("timer.both.by_priority")
{
	gic_enable(PPI_VTIMER, LEVEL(9));
	gic_enable(PPI_PHYSICAL_TIMER, LEVEL(4));
	write_sysreg(icc_pmr_el1, 0);
	isb();
	expire(&virtual_timer);
	expire(&physical_timer);
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	expect_equal("first", gic_acknowledge(), PPI_PHYSICAL_TIMER);
	physical_set_control(0);
	gic_end(PPI_PHYSICAL_TIMER);
	expect_equal("second", gic_acknowledge(), PPI_VTIMER);
	virtual_set_control(0);
	gic_end(PPI_VTIMER);
}

static void arm_virtual(void *unused)
{
	(void)unused;
	gic_enable(PPI_VTIMER, PRIORITY);
	virtual_set_value(wait_ticks(SOON_US));
	virtual_set_control(CNT_CTL_ENABLE);
}

static void take_virtual(void *unused)
{
	(void)unused;
	expect_equal("INTID", gic_acknowledge(), PPI_VTIMER);
	virtual_set_control(0);
	gic_end(PPI_VTIMER);
}

CHECK("timer.virtual.all_cores_at_once")
{
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, arm_virtual, 0);
	arm_virtual(0);
	take_virtual(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, take_virtual, 0);
}

CHECK("timer.virtual.another_cores_is_not_this_ones")
{
	if (core_count == 1) {
		/* A single core's own: an armed timer leaves the other timer alone. */
		arm_virtual(0);
		expect_equal("CNTP_CTL_EL0", physical_control() & CNT_CTL_ENABLE, 0);
		return;
	}
	gic_enable(PPI_VTIMER, PRIORITY);
	core_run(core_count - 1, arm_virtual, 0);
	wait_us(2 * SOON_US);
	expect_equal("INTID here", gic_acknowledge_now(), INTID_SPURIOUS);
	core_run(core_count - 1, take_virtual, 0);
}

CHECK("timer.virtual.has_the_priority_of_its_ppi")
{
	gic_enable(PPI_VTIMER, LEVEL(3));
	expire(&virtual_timer);
	expect_equal("INTID", gic_acknowledge(), PPI_VTIMER);
	expect_equal("ICC_RPR_EL1", read_sysreg(icc_rpr_el1), LEVEL(3));
	virtual_set_control(0);
	gic_end(PPI_VTIMER);
}

CHECK("timer.virtual.has_the_group_of_its_ppi")
{
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	gicr_write(GICR_IGROUPR0, ~(1U << PPI_VTIMER));
	gic_enable(PPI_VTIMER, PRIORITY);
	expire(&virtual_timer);
	expect_equal("of group 1", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_equal("of group 0", gic_acknowledge_group0(), PPI_VTIMER);
	virtual_set_control(0);
	write_sysreg(icc_eoir0_el1, PPI_VTIMER);
	isb();
}

/* No other interrupt ends this wait. */
CHECK("timer.physical.wakes_wfi_alone")
{
	gic_enable(PPI_PHYSICAL_TIMER, PRIORITY);
	physical_set_value(wait_ticks(SOON_US));
	physical_set_control(CNT_CTL_ENABLE);
	while (!is_pending((void *)&physical_timer))
		__asm__ volatile("wfi" ::: "memory");
	expect_equal("INTID", gic_acknowledge(), PPI_PHYSICAL_TIMER);
	physical_set_control(0);
	gic_end(PPI_PHYSICAL_TIMER);
}

/* The timer has expired, but its PPI is disabled. */
static void expire_disabled(void *unused)
{
	(void)unused;
	gic_disable(PPI_VTIMER);
	expire(&virtual_timer);
}

static void arm_and_take(void *unused)
{
	arm_virtual(unused);
	take_virtual(unused);
}

CHECK("timer.virtual.a_disabled_one_leaves_other_cores_alone")
{
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, expire_disabled, 0);
	arm_and_take(0);
	for (unsigned int n = 1; n < core_count; n++) {
		core_run(n, reset_core, 0);
		core_run(n, arm_and_take, 0);
	}
}

static bool is_off(void *n)
{
	return psci(PSCI_AFFINITY_INFO | PSCI_64, cores[*(unsigned int *)n].mpidr, 0, 0) ==
	       PSCI_IS_OFF;
}

static void turn_off(unsigned int n)
{
	core_begin(n, core_off, 0);
	expect_true("the core goes off", wait_for(is_off, &n, 50 * EFFECT_US));
}

/* Pending and masked, or not even enabled: the next life of the core has its timer. */
CHECK("timer.virtual.works_after_the_core_was_off")
{
	unsigned int last = core_count - 1;

	if (!last) {
		arm_and_take(0);	/* a single core cannot go off */
		return;
	}
	for (unsigned int round = 0; round < 2; round++) {
		core_run(last, round ? expire_disabled : arm_virtual, 0);
		wait_us(2 * SOON_US);
		turn_off(last);
		core_run(last, reset_core, 0);
		core_run(last, arm_and_take, 0);
	}
}

static volatile uint64_t taken_at;	/* CNTVCT_EL0; 0: not yet */

static void note_physical(bool fiq)
{
	(void)fiq;
	taken_at = virtual_now();
	physical_set_control(0);
	gic_end(read_sysreg(icc_iar1_el1));
}

/* A loop in which a hypervisor is not entered, but for interrupts. */
CHECK("timer.physical.interrupts_a_loop_on_time")
{
	uint64_t due = virtual_now() + wait_ticks(SOON_US);

	gic_enable(PPI_PHYSICAL_TIMER, PRIORITY);
	taken_at = 0;
	this_core()->interrupt = note_physical;
	physical_set_value(wait_ticks(SOON_US));
	physical_set_control(CNT_CTL_ENABLE);
	__asm__ volatile("msr daifclr, #2" ::: "memory");
	while (!taken_at && virtual_now() < due + wait_ticks(EFFECT_US))
		;
	__asm__ volatile("msr daifset, #2" ::: "memory");
	this_core()->interrupt = 0;
	expect_at_least("when it is taken", taken_at, due);
	expect_at_least("the latest time", due + wait_ticks(ON_TIME_US), taken_at);
}

static void enable_virtual(void *unused)
{
	(void)unused;
	gic_enable(PPI_VTIMER, PRIORITY);
}

/* System registers alone: no access to the redistributor reminds anyone to look. */
static void sleep_and_take(void *unused)
{
	(void)unused;
	virtual_set_value(wait_ticks(SOON_US));
	virtual_set_control(CNT_CTL_ENABLE);
	while (!is_met((void *)&virtual_timer))
		__asm__ volatile("wfi" ::: "memory");
	expect_equal("INTID", gic_acknowledge(), PPI_VTIMER);
	virtual_set_control(0);
	gic_end(PPI_VTIMER);
}

/* After disturb(last), all other cores sleep until their timers, and take them. */
static void expect_others_wake(void (*disturb)(unsigned int last))
{
	unsigned int last = core_count - 1;

	enable_virtual(0);
	for (unsigned int n = 1; n < last; n++)
		core_run(n, enable_virtual, 0);
	if (last)
		disturb(last);
	sleep_and_take(0);
	for (unsigned int n = 1; n < last; n++)
		core_run(n, sleep_and_take, 0);
}

static void expire_on(unsigned int last)
{
	core_run(last, expire_disabled, 0);
}

static void expire_and_turn_off(unsigned int last)
{
	expire_on(last);
	turn_off(last);
}

CHECK("timer.virtual.that_is_disabled_lets_others_sleep")
{
	expect_others_wake(expire_on);
}

CHECK("timer.virtual.of_a_core_that_is_off_disturbs_no_other")
{
	expect_others_wake(expire_and_turn_off);
}
