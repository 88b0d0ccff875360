// SPDX-License-Identifier: MIT
/*
 * Interrupts between cores: SGIs in all routings, SPIs by GICD_IROUTER, private interrupts. Arm IHI
 * 0069, "Routing SPIs and SGIs by affinity", "ICC_SGI1R_EL1", "GICD_IROUTER<n>".
 *
 * Not checked: 1 of N routing, which is optional (GICD_TYPER.No1N), and an SPI whose route changes
 * while it is active.
 */
#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "psci.h"
#include "wait.h"

const char guest_name[] = "gic_routing";

#define SGI	6
#define LAST	(core_count - 1)

/* What core n found when it looked, by core. */
static unsigned int found[MAX_CORES];

static void reset_core(void *unused)
{
	(void)unused;
	gic_reset_core();
	for (unsigned int sgi = 0; sgi < 16; sgi++)
		gic_enable(sgi, PRIORITY);
}

/* Every core is on, quiet, and has all SGIs enabled. */
void check_setup(void)
{
	gic_reset_distributor();
	reset_core(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, reset_core, 0);
}

/* Acknowledge and end what arrives, and note its INTID. */
static void take(void *unused)
{
	unsigned int intid = gic_acknowledge();

	(void)unused;
	found[core_number()] = intid;
	if (intid < INTID_SPECIAL)
		gic_end(intid);
}

/* The same, to see that nothing comes. */
static void look(void *unused)
{
	unsigned int intid = gic_acknowledge_now();

	(void)unused;
	found[core_number()] = intid;
	if (intid < INTID_SPECIAL)
		gic_end(intid);
}

/* Run `function` on core n, which may be this one. */
static void at(unsigned int n, void (*function)(void *argument), void *argument)
{
	if (n == core_number())
		function(argument);
	else
		core_run(n, function, argument);
}

/* Expect `intid` once on the cores of `targets` and nothing on the others. */
static void expect_on(uint64_t targets, unsigned int intid)
{
	for (unsigned int n = 0; n < core_count; n++) {
		if (targets >> n & 1) {
			at(n, take, 0);
			expect_equal("INTID on a target", found[n], intid);
		}
		at(n, look, 0);
		expect_equal("INTID after that", found[n], INTID_SPURIOUS);
	}
}

static void write_sgi1r(void *value)
{
	dsb(ishst);
	write_sysreg(icc_sgi1r_el1, *(uint64_t *)value);
	isb();
}

/* ICC_SGI1R_EL1 for the cores of `targets`, which share Aff3 to Aff1 with core 0. */
static uint64_t list_of(uint64_t targets)
{
	uint64_t mpidr = cores[0].mpidr;
	uint64_t value = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
			 (uint64_t)SGI << 24 | (mpidr >> 8 & 0xff) << 16;

	for (unsigned int n = 0; n < core_count; n++)
		if (targets >> n & 1)
			value |= U64(1) << (cores[n].mpidr & 0xf);
	return value;
}

CHECK("routing.sgi.list_to_each_core")
{
	for (unsigned int n = 0; n < core_count; n++) {
		gic_send_sgi(n, SGI);
		expect_on(U64(1) << n, SGI);
	}
}

CHECK("routing.sgi.list_from_each_core_to_each")
{
	for (unsigned int from = 0; from < core_count; from++) {
		for (unsigned int to = 0; to < core_count; to++) {
			uint64_t value = list_of(U64(1) << to);

			at(from, write_sgi1r, &value);
			expect_on(U64(1) << to, SGI);
		}
	}
}

CHECK("routing.sgi.list_of_all_cores")
{
	uint64_t all = (U64(1) << core_count) - 1, value = list_of(all);

	write_sgi1r(&value);
	expect_on(all, SGI);
}

CHECK("routing.sgi.every_subset_of_the_list")
{
	for (uint64_t targets = 0; targets < U64(1) << MIN(core_count, 4); targets++) {
		uint64_t value = list_of(targets);

		write_sgi1r(&value);
		expect_on(targets, SGI);
	}
}

CHECK("routing.sgi.irm_to_all_but_the_sender")
{
	uint64_t all = (U64(1) << core_count) - 1;

	for (unsigned int from = 0; from < core_count; from++) {
		uint64_t value = ICC_SGI1R_IRM | SGI << 24;

		at(from, write_sgi1r, &value);
		expect_on(all & ~(U64(1) << from), SGI);
	}
}

CHECK("routing.sgi.irm_ignores_list_and_affinity")
{
	uint64_t value = ICC_SGI1R_IRM | SGI << 24 | list_of(1);

	write_sgi1r(&value);
	expect_on((U64(1) << core_count) - 2, SGI);
}

CHECK("routing.sgi.another_cluster_reaches_no_core")
{
	uint64_t value = list_of((U64(1) << core_count) - 1) ^ U64(0x40) << 16;

	write_sgi1r(&value);
	expect_on(0, SGI);
}

CHECK("routing.sgi.all_16_to_another_core")
{
	for (unsigned int sgi = 0; sgi < 16; sgi++) {
		gic_send_sgi(LAST, sgi);
		at(LAST, take, 0);
		expect_equal("INTID", found[LAST], sgi);
	}
}

/* Take 15 SGIs in the order of their priorities, from INTID 0 on. */
static void take_15(void *unused)
{
	(void)unused;
	for (unsigned int sgi = 0; sgi < 15; sgi++) {
		expect_equal("INTID", gic_acknowledge(), sgi);
		gic_end(sgi);
	}
	expect_equal("one more", gic_acknowledge_now(), INTID_SPURIOUS);
}

static void set_levels(void *unused)
{
	(void)unused;
	for (unsigned int sgi = 0; sgi < 15; sgi++)
		gic_enable(sgi, LEVEL(sgi));
}

CHECK("routing.sgi.15_at_once_to_another_core_by_priority")
{
	at(LAST, set_levels, 0);
	for (unsigned int sgi = 15; sgi-- > 0;)
		gic_send_sgi(LAST, sgi);
	wait_us(QUIET_US);
	at(LAST, take_15, 0);
}

CHECK("routing.sgi.two_senders_of_one_intid_are_one")
{
	/* With affinity routing an SGI does not keep its senders apart. */
	uint64_t value = list_of(1);

	write_sgi1r(&value);
	at(LAST, write_sgi1r, &value);
	expect_on(1, SGI);
}

static void enable_sgi(void *unused)
{
	(void)unused;
	gic_enable(SGI, PRIORITY);
}

static void disable_sgi(void *unused)
{
	(void)unused;
	gic_disable(SGI);
}

CHECK("routing.sgi.disabled_on_one_core_reaches_the_others")
{
	uint64_t all = (U64(1) << core_count) - 1, value = list_of(all);

	at(LAST, disable_sgi, 0);
	write_sgi1r(&value);
	expect_on(all & ~(U64(1) << LAST), SGI);
	at(LAST, enable_sgi, 0);
	expect_on(U64(1) << LAST, SGI);
}

static void mask_all(void *unused)
{
	(void)unused;
	write_sysreg(icc_pmr_el1, 0);
	isb();
}

CHECK("routing.sgi.priority_mask_is_the_cores_own")
{
	uint64_t all = (U64(1) << core_count) - 1, value = list_of(all);

	at(LAST, mask_all, 0);
	write_sgi1r(&value);
	expect_on(all & ~(U64(1) << LAST), SGI);
}

/* Wait in WFI until an interrupt is pending, and note it. */
static void sleep_until_irq(void *ready)
{
	__atomic_store_n((bool *)ready, true, __ATOMIC_RELEASE);
	gic_sleep(PPI_VTIMER);
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	take(0);
}

static bool is_set(void *flag)
{
	return __atomic_load_n((bool *)flag, __ATOMIC_ACQUIRE);
}

CHECK("routing.sgi.wakes_a_core_in_wfi")
{
	for (unsigned int n = 1; n < core_count; n++) {
		bool ready = false;

		core_begin(n, sleep_until_irq, &ready);
		expect_true("the core runs", wait_for(is_set, &ready, 50 * EFFECT_US));
		wait_us(QUIET_US);
		gic_send_sgi(n, SGI);
		core_end(n);
		expect_equal("INTID", found[n], SGI);
	}
}

CHECK("routing.sgi.wakes_100_times")
{
	for (unsigned int round = 0; round < 100; round++) {
		bool ready = false;

		core_begin(1, sleep_until_irq, &ready);
		/* In turn before and after the core begins to wait. */
		if (round % 2)
			expect_true("the core runs", wait_for(is_set, &ready, 50 * EFFECT_US));
		gic_send_sgi(1, SGI);
		core_end(1);
		expect_equal("INTID", found[1], SGI);
	}
}

CHECK("routing.sgi.ping_pong_100_times")
{
	for (unsigned int round = 0; round < 100; round++) {
		uint64_t back = list_of(1);

		gic_send_sgi(LAST, SGI);
		at(LAST, take, 0);
		expect_equal("there", found[LAST], SGI);
		at(LAST, write_sgi1r, &back);
		take(0);
		expect_equal("and back", found[0], SGI);
	}
}

static void route(unsigned int intid, uint64_t affinity)
{
	access_write64(GICD_BASE + GICD_IROUTER(intid), affinity);
	dsb(sy);
}

CHECK("routing.spi.to_each_core")
{
	for (unsigned int n = 0; n < core_count; n++) {
		route(SPI_FIRST, cores[n].mpidr);
		gic_enable(SPI_FIRST, PRIORITY);
		gic_pend(SPI_FIRST);
		expect_on(U64(1) << n, SPI_FIRST);
	}
}

CHECK("routing.spi.each_to_its_own_core")
{
	uint32_t bits = 0;

	for (unsigned int n = 0; n < core_count; n++) {
		route(SPI_FIRST + n, cores[n].mpidr);
		gic_enable(SPI_FIRST + n, PRIORITY);
		bits |= SPI_BIT(SPI_FIRST + n);
	}
	gicd_write(GICD_ISPENDR(SPI_WORD), bits);
	for (unsigned int n = 0; n < core_count; n++) {
		at(n, take, 0);
		expect_equal("INTID", found[n], SPI_FIRST + n);
		at(n, look, 0);
		expect_equal("INTID after that", found[n], INTID_SPURIOUS);
	}
}

CHECK("routing.spi.rerouted_while_disabled_and_pending")
{
	route(SPI_FIRST, cores[0].mpidr);
	gic_pend(SPI_FIRST);
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

CHECK("routing.spi.rerouted_while_masked_and_pending")
{
	write_sysreg(icc_pmr_el1, 0);
	isb();
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	wait_us(QUIET_US);
	route(SPI_FIRST, cores[LAST].mpidr);
	wait_us(QUIET_US);
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	expect_on(U64(1) << LAST, SPI_FIRST);
}

CHECK("routing.spi.24_at_once_to_another_core")
{
	for (unsigned int n = 0; n < SPI_COUNT; n++) {
		route(SPI_FIRST + n, cores[LAST].mpidr);
		gic_enable(SPI_FIRST + n, LEVEL(n * 7 % 15));
	}
	gicd_write(GICD_ISPENDR(SPI_WORD), SPI_BITS);
	wait_us(QUIET_US);
	for (unsigned int n = 0, last = 0; n < SPI_COUNT; n++) {
		at(LAST, take, 0);
		expect_true("an SPI", found[LAST] >= SPI_FIRST && found[LAST] < 64);
		expect_at_least("its level", (found[LAST] - SPI_FIRST) * 7 % 15, last);
		last = (found[LAST] - SPI_FIRST) * 7 % 15;
	}
	expect_on(0, 0);
}

CHECK("routing.spi.wakes_a_core_in_wfi")
{
	bool ready = false;

	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	core_begin(LAST, sleep_until_irq, &ready);
	expect_true("the core runs", wait_for(is_set, &ready, 50 * EFFECT_US));
	wait_us(QUIET_US);
	gic_pend(SPI_FIRST);
	core_end(LAST);
	expect_equal("INTID", found[LAST], SPI_FIRST);
}

static void acknowledge_only(void *unused)
{
	(void)unused;
	found[core_number()] = gic_acknowledge();
}

static void activate_on_last(void)
{
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	at(LAST, acknowledge_only, 0);
	expect_equal("INTID", found[LAST], SPI_FIRST);
}

static void end_spi(void *unused)
{
	(void)unused;
	gic_end(SPI_FIRST);
}

CHECK("routing.spi.active_elsewhere_is_seen_by_the_distributor")
{
	activate_on_last();
	expect_true("active", gic_is_active(SPI_FIRST));
	expect_true("not pending", !gic_is_pending(SPI_FIRST));
	at(LAST, end_spi, 0);
	expect_true("not active", !gic_is_active(SPI_FIRST));
}

static void pend_ppi(void *unused)
{
	(void)unused;
	gic_enable(16, PRIORITY);
	gic_pend(16);
}

CHECK("routing.ppi.stays_on_its_core")
{
	gic_enable(16, PRIORITY);
	at(LAST, pend_ppi, 0);
	expect_true("not pending here", !gic_is_pending(16));
	expect_on(U64(1) << LAST, 16);
}

CHECK("routing.private.enables_are_banked")
{
	at(LAST, pend_ppi, 0);
	expect_equal("ISENABLER0 here", gicr_read(GICR_ISENABLER0) >> 16 & 1, 0);
	at(LAST, take, 0);
}

static void write_priority(void *unused)
{
	(void)unused;
	gicr_write(GICR_IPRIORITYR(16), 0x40302010);
}

CHECK("routing.private.priorities_are_banked")
{
	at(LAST, write_priority, 0);
	expect_equal("IPRIORITYR4 here", gicr_read(GICR_IPRIORITYR(16)), PRIORITY * 0x01010101U);
}

CHECK("routing.private.one_core_reaches_anothers_redistributor")
{
	/* Any core may access any redistributor: IHI 0069, GICR_ frames are not banked. */
	for (unsigned int n = 0; n < core_count; n++) {
		uint64_t rd = GICR_BASE + n * GICR_FRAME_SIZE;
		uint64_t affinity = FIELD_GET(GICR_TYPER_AFFINITY, mmio_read64(rd + GICR_TYPER));

		if (affinity != (cores[LAST].mpidr & 0xffffff))
			continue;
		mmio_write32(rd + GICR_ISPENDR0, 1U << SGI);
		expect_on(U64(1) << LAST, SGI);
		return;
	}
	check_fail("no redistributor has the last core's affinity");
}

static void unmask_and_look(void *unused)
{
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	look(unused);
}

static void unmask_and_take(void *unused)
{
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	take(unused);
}

/* Pending for the last core, which does not take it because of its priority mask. */
static void pend_masked_on_last(void)
{
	at(LAST, mask_all, 0);
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	wait_us(QUIET_US);
}

CHECK("routing.spi.pending_elsewhere_is_seen_by_the_distributor")
{
	pend_masked_on_last();
	expect_true("pending", gic_is_pending(SPI_FIRST));
	at(LAST, unmask_and_take, 0);
	expect_equal("INTID", found[LAST], SPI_FIRST);
	expect_true("not pending any more", !gic_is_pending(SPI_FIRST));
}

CHECK("routing.spi.disabled_elsewhere")
{
	pend_masked_on_last();
	gic_disable(SPI_FIRST);
	at(LAST, unmask_and_look, 0);
	expect_equal("INTID while disabled", found[LAST], INTID_SPURIOUS);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

CHECK("routing.spi.pending_cleared_elsewhere")
{
	pend_masked_on_last();
	gic_unpend(SPI_FIRST);
	wait_us(QUIET_US);
	at(LAST, unmask_and_look, 0);
	expect_equal("INTID", found[LAST], INTID_SPURIOUS);
	gic_pend(SPI_FIRST);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

CHECK("routing.spi.enabled_elsewhere_when_pending")
{
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_pend(SPI_FIRST);
	at(LAST, look, 0);
	expect_equal("INTID while disabled", found[LAST], INTID_SPURIOUS);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

static void look_at_the_distributor(void *unused)
{
	(void)unused;
	gic_is_active(SPI_FIRST + 2);
}

/* Another core writes the registers that the active interrupt is in. */
CHECK("routing.spi.active_survives_writes_from_elsewhere")
{
	activate_on_last();
	gic_unpend(SPI_FIRST + 1);
	gic_disable(SPI_FIRST + 1);
	at(LAST, look_at_the_distributor, 0);
	expect_true("active", gic_is_active(SPI_FIRST));
	at(LAST, end_spi, 0);
	expect_true("not active", !gic_is_active(SPI_FIRST));
	gic_pend(SPI_FIRST);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

static bool is_off(void *n)
{
	return psci(PSCI_AFFINITY_INFO | PSCI_64, cores[*(unsigned int *)n].mpidr, 0, 0) ==
	       PSCI_IS_OFF;
}

static void turn_last_off(void)
{
	unsigned int last = LAST;

	core_begin(last, core_off, 0);
	expect_true("the core goes off", wait_for(is_off, &last, 50 * EFFECT_US));
}

CHECK("routing.spi.pended_while_its_core_is_off")
{
	turn_last_off();
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	wait_us(QUIET_US);
	at(LAST, reset_core, 0);
	expect_on(U64(1) << LAST, SPI_FIRST);
}

CHECK("routing.spi.of_a_core_that_went_off_comes_elsewhere")
{
	pend_masked_on_last();
	turn_last_off();
	route(SPI_FIRST, cores[0].mpidr);
	take(0);
	expect_equal("INTID here", found[0], SPI_FIRST);
}

/* System registers alone: no access to the redistributor reminds anyone to look. */
static void turn_on_interface_and_take(void *unused)
{
	write_sysreg(icc_sre_el1, ICC_SRE_SRE);
	isb();
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
	take(unused);
}

CHECK("routing.spi.comes_to_a_core_that_starts")
{
	turn_last_off();
	route(SPI_FIRST, cores[LAST].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	wait_us(QUIET_US);
	at(LAST, turn_on_interface_and_take, 0);
	expect_equal("INTID", found[LAST], SPI_FIRST);
}

CHECK("routing.spi.waits_for_its_core_to_start_again")
{
	pend_masked_on_last();
	turn_last_off();
	at(LAST, turn_on_interface_and_take, 0);
	expect_equal("INTID", found[LAST], SPI_FIRST);
}

static volatile bool over;

static void spin(void *unused)
{
	(void)unused;
	while (!over)
		__asm__ volatile("yield" ::: "memory");
}

/* More than fit into list registers, and time for the core to run another vCPU meanwhile. */
CHECK("routing.sgi.all_that_wait_come_later")
{
	over = false;
	for (unsigned int n = 1; n < core_count; n++)
		core_begin(n, spin, 0);
	for (unsigned int sgi = 0; sgi < 16; sgi++)
		gic_send_sgi(0, sgi);
	for (unsigned int n = 0; n < 4; n++) {
		wait_us(EFFECT_US);
		for (unsigned int k = 0; k < 4; k++) {
			take(0);
			expect_equal("INTID", found[0], 4 * n + k);
		}
	}
	over = true;
	for (unsigned int n = 1; n < core_count; n++)
		core_end(n);
}

static void pend_four_masked(void *unused)
{
	mask_all(unused);
	for (unsigned int sgi = 0; sgi < 4; sgi++)
		gic_send_sgi(core_number(), sgi);
	wait_us(QUIET_US);
}

/* More than fit into list registers. What is left of them must not keep the core busy. */
CHECK("routing.sgi.a_core_goes_off_with_more_than_it_can_list")
{
	at(LAST, pend_four_masked, 0);
	turn_last_off();
	for (unsigned int n = 0; n < LAST; n++) {
		gic_send_sgi(n, SGI);
		expect_on(U64(1) << n, SGI);
	}
}

CHECK("routing.spi.rerouted_while_active_ends_where_it_was_taken")
{
	activate_on_last();
	route(SPI_FIRST, cores[0].mpidr);
	wait_us(QUIET_US);
	expect_true("active", gic_is_active(SPI_FIRST));
	at(LAST, end_spi, 0);
	expect_true("not active any more", !gic_is_active(SPI_FIRST));
	gic_pend(SPI_FIRST);
	expect_on(1, SPI_FIRST);
}

CHECK("routing.spi.deactivated_by_another_core")
{
	activate_on_last();
	gicd_write(GICD_ICACTIVER(SPI_WORD), SPI_BIT(SPI_FIRST));
	wait_us(QUIET_US);
	expect_true("not active", !gic_is_active(SPI_FIRST));
	at(LAST, end_spi, 0);
	gic_pend(SPI_FIRST);
	expect_on(U64(1) << LAST, SPI_FIRST);
}
