// SPDX-License-Identifier: MIT
/*
 * The CPU interface: acknowledge and end, priorities, preemption, groups. Arm IHI 0069, "Interrupt
 * handling and prioritization" (4), "ICC register descriptions" (12.2).
 *
 * Not checked: the order of interrupts of one priority, which is IMPLEMENTATION DEFINED; DIR with
 * EOImode 0 and EOIR for an interrupt that is not the last acknowledged, both UNPREDICTABLE.
 */
#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "wait.h"

const char guest_name[] = "gic_cpu_interface";

#define ISR_EL1_F	BIT(6)

void check_setup(void)
{
	gic_reset();
}

static void write_pmr(uint64_t priority)
{
	write_sysreg(icc_pmr_el1, priority);
	isb();
}

static void write_control(uint64_t control)
{
	write_sysreg(icc_ctlr_el1, control);
	isb();
}

static void write_binary_point(uint64_t point)
{
	write_sysreg(icc_bpr1_el1, point);
	isb();
}

/* Enable and pend SPI_FIRST + n with `priority`. */
static unsigned int raise_spi(unsigned int n, unsigned int priority)
{
	gic_enable(SPI_FIRST + n, priority);
	gic_pend(SPI_FIRST + n);
	return SPI_FIRST + n;
}

CHECK("icc.sre.system_registers_are_on")
{
	expect_equal("SRE", read_sysreg(icc_sre_el1) & ICC_SRE_SRE, ICC_SRE_SRE);
}

CHECK("icc.ctlr.at_least_16_priorities")
{
	expect_at_least("PRIbits", FIELD_GET(ICC_CTLR_EL1_PRIBITS, read_sysreg(icc_ctlr_el1)), 3);
}

CHECK("icc.ctlr.eoimode_reads_back")
{
	write_control(ICC_CTLR_EL1_EOIMODE);
	expect_equal("EOImode", read_sysreg(icc_ctlr_el1) & ICC_CTLR_EL1_EOIMODE,
		     ICC_CTLR_EL1_EOIMODE);
	write_control(0);
	expect_equal("EOImode", read_sysreg(icc_ctlr_el1) & ICC_CTLR_EL1_EOIMODE, 0);
}

CHECK("icc.ctlr.read_only_fields")
{
	uint64_t fields = ICC_CTLR_EL1_PRIBITS | ICC_CTLR_EL1_IDBITS | ICC_CTLR_EL1_A3V;
	uint64_t before = read_sysreg(icc_ctlr_el1) & fields;

	write_control(~before & fields);
	expect_equal("PRIbits, IDbits, A3V", read_sysreg(icc_ctlr_el1) & fields, before);
}

CHECK("icc.iar1.nothing_is_1023")
{
	expect_equal("INTID", read_sysreg(icc_iar1_el1), INTID_SPURIOUS);
}

CHECK("icc.hppir1.nothing_is_1023")
{
	expect_equal("INTID", read_sysreg(icc_hppir1_el1), INTID_SPURIOUS);
}

CHECK("icc.hppir1.names_without_acknowledging")
{
	unsigned int intid = raise_spi(0, PRIORITY);

	expect_true("IRQ line", gic_irq_line());
	expect_equal("HPPIR1", read_sysreg(icc_hppir1_el1), intid);
	expect_true("pending", gic_is_pending(intid));
	expect_true("not active", !gic_is_active(intid));
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
}

CHECK("icc.hppir1.names_the_highest")
{
	raise_spi(0, LEVEL(9));
	raise_spi(1, LEVEL(5));
	raise_spi(2, LEVEL(7));
	expect_true("IRQ line", gic_irq_line());
	wait_us(QUIET_US);
	expect_equal("HPPIR1", read_sysreg(icc_hppir1_el1), SPI_FIRST + 1);
}

CHECK("icc.eoir1.special_intid_is_ignored")
{
	unsigned int intid = raise_spi(0, PRIORITY);

	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(INTID_SPURIOUS);
	expect_equal("running priority", read_sysreg(icc_rpr_el1), PRIORITY);
	expect_true("active", gic_is_active(intid));
	gic_end(intid);
}

CHECK("icc.pmr.reads_back")
{
	for (unsigned int n = 0; n < 16; n++) {
		write_pmr(LEVEL(n));
		expect_equal("PMR", read_sysreg(icc_pmr_el1), LEVEL(n));
	}
}

CHECK("icc.pmr.masks_lower_priorities")
{
	unsigned int intid = raise_spi(0, LEVEL(9));

	expect_true("IRQ line", gic_irq_line());
	write_pmr(LEVEL(8));
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("pending", gic_is_pending(intid));
	write_pmr(LEVEL(10));
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
}

CHECK("icc.pmr.masks_its_own_priority")
{
	unsigned int intid;

	write_pmr(LEVEL(8));
	intid = raise_spi(0, LEVEL(8));
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	write_pmr(LEVEL(9));
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
}

CHECK("icc.pmr.lets_higher_priorities_through")
{
	unsigned int intid;

	write_pmr(LEVEL(8));
	raise_spi(0, LEVEL(9));
	intid = raise_spi(1, LEVEL(7));
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
	expect_equal("the other one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("icc.pmr.zero_masks_everything")
{
	write_pmr(0);
	raise_spi(0, 0);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_equal("IRQ line", read_sysreg(isr_el1) & BIT(7), 0);
	write_pmr(0xff);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("icc.igrpen1.off_signals_nothing")
{
	write_sysreg(icc_igrpen1_el1, 0);
	isb();
	raise_spi(0, PRIORITY);
	wait_us(QUIET_US);
	expect_equal("IRQ line", read_sysreg(isr_el1) & BIT(7), 0);
	expect_true("pending", gic_is_pending(SPI_FIRST));
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("icc.rpr.idle_is_0xff")
{
	expect_equal("RPR", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
}

CHECK("icc.rpr.follows_acknowledge_and_end")
{
	unsigned int intid = raise_spi(0, LEVEL(6));

	expect_equal("INTID", gic_acknowledge(), intid);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), LEVEL(6));
	gic_end(intid);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
}

CHECK("icc.preemption.higher_priority_preempts")
{
	unsigned int low = raise_spi(0, LEVEL(9)), high;

	expect_equal("first", gic_acknowledge(), low);
	high = raise_spi(1, LEVEL(4));
	expect_equal("second", gic_acknowledge(), high);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), LEVEL(4));
	gic_end(high);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), LEVEL(9));
	gic_end(low);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
}

CHECK("icc.preemption.equal_priority_waits")
{
	unsigned int first = raise_spi(0, LEVEL(9)), second;

	expect_equal("first", gic_acknowledge(), first);
	second = raise_spi(1, LEVEL(9));
	expect_equal("meanwhile", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(first);
	expect_equal("second", gic_acknowledge(), second);
	gic_end(second);
}

CHECK("icc.preemption.lower_priority_waits")
{
	unsigned int first = raise_spi(0, LEVEL(4)), second;

	expect_equal("first", gic_acknowledge(), first);
	second = raise_spi(1, LEVEL(9));
	expect_equal("meanwhile", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(first);
	expect_equal("second", gic_acknowledge(), second);
	gic_end(second);
}

CHECK("icc.preemption.16_deep")
{
	/* As many levels as exist in every GIC: 15 of them, as nothing is above 0xf0 in PMR. */
	for (unsigned int n = 0; n < 15; n++) {
		raise_spi(n, LEVEL(14 - n));
		expect_equal("INTID", gic_acknowledge(), SPI_FIRST + n);
		expect_equal("RPR", read_sysreg(icc_rpr_el1), LEVEL(14 - n));
	}
	for (unsigned int n = 15; n-- > 0;) {
		expect_true("active", gic_is_active(SPI_FIRST + n));
		gic_end(SPI_FIRST + n);
	}
	expect_equal("RPR", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
}

CHECK("icc.preemption.masked_by_pmr_does_not")
{
	unsigned int low = raise_spi(0, LEVEL(9));

	expect_equal("first", gic_acknowledge(), low);
	write_pmr(LEVEL(4));
	raise_spi(1, LEVEL(4));
	expect_equal("meanwhile", gic_acknowledge_now(), INTID_SPURIOUS);
	write_pmr(0xff);
	expect_equal("second", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
	gic_end(low);
}

CHECK("icc.bpr1.has_a_least_value")
{
	uint64_t least;

	write_binary_point(0);
	least = read_sysreg(icc_bpr1_el1);
	/* Group 1's is one more than group 0's, which is 0 to 3 as there are 16 levels at least. */
	expect_at_least("BPR1", least, 1);
	expect_true("BPR1 at most 4", least <= 4);
	write_binary_point(least);
	expect_equal("BPR1", read_sysreg(icc_bpr1_el1), least);
}

CHECK("icc.bpr1.reads_back")
{
	for (unsigned int point = 4; point < 8; point++) {
		write_binary_point(point);
		expect_equal("BPR1", read_sysreg(icc_bpr1_el1), point);
	}
}

CHECK("icc.bpr1.one_group_does_not_preempt_itself")
{
	/* BPR1 5: bits 7 to 5 are the group priority. 0x40 and 0x50 are of one group. */
	write_binary_point(5);
	raise_spi(0, 0x50);
	expect_equal("first", gic_acknowledge(), SPI_FIRST);
	raise_spi(1, 0x40);
	expect_equal("meanwhile", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(SPI_FIRST);
	expect_equal("second", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
}

CHECK("icc.bpr1.another_group_preempts")
{
	write_binary_point(5);
	raise_spi(0, 0x50);
	expect_equal("first", gic_acknowledge(), SPI_FIRST);
	raise_spi(1, 0x30);
	expect_equal("second", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
	gic_end(SPI_FIRST);
}

CHECK("icc.bpr1.subpriority_orders_pending_ones")
{
	write_binary_point(7);
	write_sysreg(icc_igrpen1_el1, 0);
	isb();
	raise_spi(0, 0x70);
	raise_spi(1, 0x30);
	raise_spi(2, 0x50);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
	wait_us(QUIET_US);
	expect_equal("first", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
	expect_equal("second", gic_acknowledge(), SPI_FIRST + 2);
	gic_end(SPI_FIRST + 2);
	expect_equal("third", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("icc.bpr1.running_priority_is_the_groups")
{
	write_binary_point(5);
	raise_spi(0, 0x50);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), 0x40);
	gic_end(SPI_FIRST);
}

CHECK("icc.cbpr.bpr0_serves_both_groups")
{
	write_sysreg(icc_bpr0_el1, 4);
	write_binary_point(6);
	write_control(ICC_CTLR_EL1_CBPR);
	expect_equal("BPR1 is BPR0 + 1", read_sysreg(icc_bpr1_el1), 5);
	write_binary_point(7);
	expect_equal("writes to BPR1 are ignored", read_sysreg(icc_bpr1_el1), 5);
	write_control(0);
	expect_equal("BPR1 as it was", read_sysreg(icc_bpr1_el1), 6);
}

CHECK("icc.eoimode0.end_deactivates")
{
	unsigned int intid = raise_spi(0, PRIORITY);

	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
	expect_true("not active", !gic_is_active(intid));
}

CHECK("icc.eoimode1.end_drops_the_priority_only")
{
	unsigned int intid;

	write_control(ICC_CTLR_EL1_EOIMODE);
	intid = raise_spi(0, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
	expect_equal("RPR", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
	expect_true("active", gic_is_active(intid));
	gic_deactivate(intid);
	expect_true("not active", !gic_is_active(intid));
}

CHECK("icc.eoimode1.active_is_not_delivered_again")
{
	unsigned int intid;

	write_control(ICC_CTLR_EL1_EOIMODE);
	intid = raise_spi(0, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), intid);
	gic_end(intid);
	gic_pend(intid);
	expect_equal("while active", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_deactivate(intid);
	expect_equal("after DIR", gic_acknowledge(), intid);
	gic_end(intid);
	gic_deactivate(intid);
}

CHECK("icc.eoimode1.others_come_after_the_drop")
{
	write_control(ICC_CTLR_EL1_EOIMODE);
	raise_spi(0, LEVEL(4));
	expect_equal("first", gic_acknowledge(), SPI_FIRST);
	raise_spi(1, LEVEL(9));
	expect_equal("before the drop", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(SPI_FIRST);
	expect_equal("after the drop", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
	gic_deactivate(SPI_FIRST + 1);
	gic_deactivate(SPI_FIRST);
}

CHECK("icc.eoimode1.deactivation_in_any_order")
{
	write_control(ICC_CTLR_EL1_EOIMODE);
	for (unsigned int n = 0; n < SPI_COUNT; n++) {
		raise_spi(n, PRIORITY);
		expect_equal("INTID", gic_acknowledge(), SPI_FIRST + n);
		gic_end(SPI_FIRST + n);
	}
	for (unsigned int n = 0; n < SPI_COUNT; n += 2)
		gic_deactivate(SPI_FIRST + n);
	expect_equal("odd ones active", gicd_read(GICD_ISACTIVER(SPI_WORD)) & SPI_BITS, 0xaaaaaa00);
	for (unsigned int n = 1; n < SPI_COUNT; n += 2)
		gic_deactivate(SPI_FIRST + n);
	expect_equal("none active", gicd_read(GICD_ISACTIVER(SPI_WORD)) & SPI_BITS, 0);
}

CHECK("icc.eoimode1.all_active_and_one_more_arrives")
{
	/* More active interrupts than list registers, and a pending one that must get through. */
	write_control(ICC_CTLR_EL1_EOIMODE);
	for (unsigned int n = 0; n < 20; n++) {
		raise_spi(n, PRIORITY);
		expect_equal("INTID", gic_acknowledge(), SPI_FIRST + n);
		gic_end(SPI_FIRST + n);
	}
	raise_spi(20, LEVEL(2));
	expect_equal("one more", gic_acknowledge(), SPI_FIRST + 20);
	gic_end(SPI_FIRST + 20);
	for (unsigned int n = 0; n < 21; n++)
		gic_deactivate(SPI_FIRST + n);
	expect_equal("none active", gicd_read(GICD_ISACTIVER(SPI_WORD)) & SPI_BITS, 0);
}

/* Pend SPIs 0 to count - 1 at once, priorities by `level`, and take them all. */
static void expect_by_priority(unsigned int count, unsigned int (*level)(unsigned int n))
{
	uint32_t bits = 0;
	unsigned int last = 0, intid;

	for (unsigned int n = 0; n < count; n++) {
		gic_enable(SPI_FIRST + n, LEVEL(level(n)));
		bits |= SPI_BIT(SPI_FIRST + n);
	}
	gicd_write(GICD_ISPENDR(SPI_WORD), bits);
	dsb(sy);
	wait_us(QUIET_US);
	for (unsigned int n = 0; n < count; n++) {
		intid = gic_acknowledge();
		expect_true("an INTID that was pended once", intid < 64 && bits & SPI_BIT(intid));
		bits &= ~SPI_BIT(intid);
		expect_at_least("its level", level(intid - SPI_FIRST), last);
		last = level(intid - SPI_FIRST);
		gic_end(intid);
	}
	expect_equal("one more", gic_acknowledge_now(), INTID_SPURIOUS);
}

static unsigned int rising(unsigned int n)
{
	return n;
}

static unsigned int falling(unsigned int n)
{
	return 14 - n;
}

static unsigned int mixed(unsigned int n)
{
	return n * 7 % 15;
}

static unsigned int one(unsigned int n)
{
	return n - n + 10;
}

CHECK("icc.priority.15_at_once_rising")
{
	expect_by_priority(15, rising);
}

CHECK("icc.priority.15_at_once_falling")
{
	expect_by_priority(15, falling);
}

CHECK("icc.priority.24_at_once_mixed")
{
	expect_by_priority(24, mixed);
}

CHECK("icc.priority.24_at_once_equal_come_once_each")
{
	expect_by_priority(24, one);
}

CHECK("icc.priority.changed_while_pending")
{
	write_pmr(0);
	raise_spi(0, LEVEL(4));
	raise_spi(1, LEVEL(6));
	access_write8(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST + 1), LEVEL(2));
	dsb(sy);
	write_pmr(0xff);
	wait_us(QUIET_US);
	expect_equal("first", gic_acknowledge(), SPI_FIRST + 1);
	gic_end(SPI_FIRST + 1);
	expect_equal("second", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("icc.priority.a_late_higher_one_comes_first")
{
	for (unsigned int n = 0; n < 16; n++)
		raise_spi(n, LEVEL(10));
	raise_spi(16, LEVEL(1));
	wait_us(QUIET_US);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST + 16);
	gic_end(SPI_FIRST + 16);
}

/* Make SPI_FIRST a group 0 interrupt, and enable group 0. */
static void use_group0(void)
{
	gicd_write(GICD_IGROUPR(SPI_WORD), ~SPI_BIT(SPI_FIRST));
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
}

CHECK("icc.group0.is_acknowledged_by_iar0")
{
	use_group0();
	raise_spi(0, PRIORITY);
	expect_equal("IAR0", gic_acknowledge_group0(), SPI_FIRST);
	expect_true("active", gic_is_active(SPI_FIRST));
	write_sysreg(icc_eoir0_el1, SPI_FIRST);
	isb();
	expect_true("not active", !gic_is_active(SPI_FIRST));
}

CHECK("icc.group0.is_not_acknowledged_by_iar1")
{
	use_group0();
	raise_spi(0, PRIORITY);
	expect_equal("IAR1", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_equal("IAR0", gic_acknowledge_group0(), SPI_FIRST);
	write_sysreg(icc_eoir0_el1, SPI_FIRST);
	isb();
}

CHECK("icc.group0.is_an_fiq")
{
	use_group0();
	raise_spi(0, PRIORITY);
	wait_us(QUIET_US);
	expect_equal("IRQ and FIQ line", read_sysreg(isr_el1) & (BIT(7) | ISR_EL1_F), ISR_EL1_F);
	expect_equal("IAR0", gic_acknowledge_group0(), SPI_FIRST);
	write_sysreg(icc_eoir0_el1, SPI_FIRST);
	isb();
}

CHECK("icc.group1.is_an_irq")
{
	raise_spi(0, PRIORITY);
	wait_us(QUIET_US);
	expect_equal("IRQ and FIQ line", read_sysreg(isr_el1) & (BIT(7) | ISR_EL1_F), BIT(7));
}

static unsigned int irqs[8];
static unsigned int irq_count;

static void take_one(bool fiq)
{
	unsigned int intid = fiq ? INTID_SPURIOUS : read_sysreg(icc_iar1_el1);

	if (irq_count < ARRAY_SIZE(irqs))
		irqs[irq_count++] = intid;
	if (intid < INTID_SPECIAL)
		gic_end(intid);
}

/* The first one pends a higher one, and unmasks IRQs: that one is taken inside of this handler. */
static void take_nested(bool fiq)
{
	unsigned int intid = fiq ? INTID_SPURIOUS : read_sysreg(icc_iar1_el1);
	uint64_t elr = read_sysreg(elr_el1), spsr = read_sysreg(spsr_el1);

	if (irq_count < ARRAY_SIZE(irqs))
		irqs[irq_count++] = intid;
	if (intid == SPI_FIRST) {
		gic_pend(SPI_FIRST + 1);
		__asm__ volatile("msr daifclr, #2" ::: "memory");
		wait_us(QUIET_US);
		__asm__ volatile("msr daifset, #2" ::: "memory");
		if (irq_count < ARRAY_SIZE(irqs))
			irqs[irq_count++] = 0;		/* the first one continues here */
	}
	write_sysreg(elr_el1, elr);
	write_sysreg(spsr_el1, spsr);
	if (intid < INTID_SPECIAL)
		gic_end(intid);
}

/* Unmask IRQs for QUIET_US, with `handler`. */
static void take_irqs(void (*handler)(bool fiq))
{
	irq_count = 0;
	this_core()->interrupt = handler;
	__asm__ volatile("msr daifclr, #2" ::: "memory");
	wait_us(QUIET_US);
	__asm__ volatile("msr daifset, #2" ::: "memory");
	this_core()->interrupt = 0;
}

CHECK("icc.irq.is_taken_when_unmasked")
{
	raise_spi(0, PRIORITY);
	take_irqs(take_one);
	expect_equal("IRQs", irq_count, 1);
	expect_equal("INTID", irqs[0], SPI_FIRST);
}

CHECK("icc.irq.nothing_pending_takes_none")
{
	take_irqs(take_one);
	expect_equal("IRQs", irq_count, 0);
}

CHECK("icc.irq.three_by_priority")
{
	raise_spi(0, LEVEL(9));
	raise_spi(1, LEVEL(3));
	raise_spi(2, LEVEL(6));
	wait_us(QUIET_US);
	take_irqs(take_one);
	expect_equal("IRQs", irq_count, 3);
	expect_equal("first", irqs[0], SPI_FIRST + 1);
	expect_equal("second", irqs[1], SPI_FIRST + 2);
	expect_equal("third", irqs[2], SPI_FIRST);
}

CHECK("icc.irq.a_higher_one_interrupts_the_handler")
{
	gic_enable(SPI_FIRST + 1, LEVEL(3));
	raise_spi(0, LEVEL(9));
	take_irqs(take_nested);
	expect_equal("entries", irq_count, 3);
	expect_equal("first", irqs[0], SPI_FIRST);
	expect_equal("inside of it", irqs[1], SPI_FIRST + 1);
	expect_equal("then the first continues", irqs[2], 0);
}

CHECK("icc.irq.an_equal_one_waits_for_the_handler")
{
	gic_enable(SPI_FIRST + 1, LEVEL(9));
	raise_spi(0, LEVEL(9));
	take_irqs(take_nested);
	expect_equal("entries", irq_count, 3);
	expect_equal("first", irqs[0], SPI_FIRST);
	expect_equal("it ends", irqs[1], 0);
	expect_equal("then the second", irqs[2], SPI_FIRST + 1);
}

#define NESTED	6	/* more than any core has list registers for one VM, or nearly so */

/* SPIs of rising priority, each acknowledged while the one before it is active. */
static void nest(void)
{
	for (unsigned int n = 0; n < NESTED; n++) {
		gic_enable(SPI_FIRST + n, LEVEL(NESTED - n));
		gic_pend(SPI_FIRST + n);
		expect_equal("INTID", gic_acknowledge(), SPI_FIRST + n);
	}
}

static void expect_active(unsigned int first, unsigned int count)
{
	for (unsigned int n = 0; n < NESTED; n++)
		expect_equal("active", gic_is_active(SPI_FIRST + n), n >= first && n < first + count);
}

/* Each can come again, so none is active or lost. */
static void expect_each_again(void)
{
	for (unsigned int n = 0; n < NESTED; n++) {
		gic_pend(SPI_FIRST + n);
		expect_equal("INTID again", gic_acknowledge(), SPI_FIRST + n);
		gic_end(SPI_FIRST + n);
		gic_deactivate(SPI_FIRST + n);
	}
}

CHECK("icc.nested.six_end_one_by_one")
{
	nest();
	expect_active(0, NESTED);
	for (unsigned int n = NESTED; n > 0; n--) {
		gic_end(SPI_FIRST + n - 1);
		expect_active(0, n - 1);
	}
	write_control(ICC_CTLR_EL1_EOIMODE);
	expect_each_again();
	write_control(0);
}

CHECK("icc.nested.six_end_without_a_look")
{
	nest();
	for (unsigned int n = NESTED; n > 0; n--)
		gic_end(SPI_FIRST + n - 1);
	expect_active(0, 0);
}

CHECK("icc.nested.six_are_deactivated_in_any_order")
{
	write_control(ICC_CTLR_EL1_EOIMODE);
	nest();
	for (unsigned int n = NESTED; n > 0; n--)
		gic_end(SPI_FIRST + n - 1);
	expect_active(0, NESTED);
	for (unsigned int n = 0; n < NESTED; n++) {
		gic_deactivate(SPI_FIRST + n);
		expect_active(n + 1, NESTED - n - 1);
	}
	expect_each_again();
	write_control(0);
}
