// SPDX-License-Identifier: MIT
/*
 * SGIs that a core sends to itself, and those that reach no core. Arm IHI 0069, "Software Generated
 * Interrupts", "ICC_SGI1R_EL1". Between cores: gic_routing.c.
 *
 * Not checked: range selectors other than 0, which are RES0 without ICC_CTLR_EL1.RSS, and what
 * SGI0R and ASGI1R do to an SGI of the other group.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "wait.h"

const char guest_name[] = "gic_sgi";

void check_setup(void)
{
	gic_reset();
}

static void write_sgi1r(uint64_t value)
{
	write_sysreg(icc_sgi1r_el1, value);
	isb();
}

CHECK("sgi.self.arrives")
{
	gic_enable(1, PRIORITY);
	gic_send_sgi(0, 1);
	expect_equal("INTID", gic_acknowledge(), 1);
	gic_end(1);
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.self.all_16")
{
	for (unsigned int sgi = 0; sgi < 16; sgi++) {
		gic_enable(sgi, PRIORITY);
		gic_send_sgi(0, sgi);
		expect_equal("INTID", gic_acknowledge(), sgi);
		gic_end(sgi);
	}
}

CHECK("sgi.self.16_at_once_by_priority")
{
	for (unsigned int sgi = 0; sgi < 16; sgi++)
		gic_enable(sgi, LEVEL((sgi * 7 + 3) % 15));
	for (unsigned int sgi = 0; sgi < 16; sgi++)
		gic_send_sgi(0, sgi);
	wait_us(QUIET_US);
	for (unsigned int n = 0, last = 0; n < 16; n++) {
		unsigned int sgi = gic_acknowledge();

		expect_true("an SGI", sgi < 16);
		expect_at_least("its level", (sgi * 7 + 3) % 15, last);
		last = (sgi * 7 + 3) % 15;
		gic_end(sgi);
	}
	expect_equal("one more", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.self.sgis_and_spis_by_priority")
{
	gic_enable(2, LEVEL(8));
	gic_enable(SPI_FIRST, LEVEL(5));
	gic_enable(16, LEVEL(3));
	gic_enable(9, LEVEL(4));
	gic_send_sgi(0, 2);
	gic_send_sgi(0, 9);
	gic_pend(SPI_FIRST);
	gic_pend(16);
	wait_us(QUIET_US);
	expect_equal("the PPI", gic_acknowledge(), 16);
	gic_end(16);
	expect_equal("an SGI", gic_acknowledge(), 9);
	gic_end(9);
	expect_equal("the SPI", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
	expect_equal("the other SGI", gic_acknowledge(), 2);
	gic_end(2);
}

CHECK("sgi.self.shows_as_pending")
{
	gic_send_sgi(0, 7);
	wait_us(QUIET_US);
	expect_equal("ISPENDR0", gicr_read(GICR_ISPENDR0) & 0xffff, 1U << 7);
}

CHECK("sgi.self.disabled_is_kept")
{
	gic_send_sgi(0, 7);
	expect_equal("INTID while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_enable(7, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), 7);
	gic_end(7);
}

CHECK("sgi.self.twice_is_once")
{
	gic_enable(7, PRIORITY);
	gic_send_sgi(0, 7);
	gic_send_sgi(0, 7);
	wait_us(QUIET_US);
	expect_equal("INTID", gic_acknowledge(), 7);
	gic_end(7);
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.self.while_active_comes_again")
{
	gic_enable(7, PRIORITY);
	gic_send_sgi(0, 7);
	expect_equal("INTID", gic_acknowledge(), 7);
	gic_send_sgi(0, 7);
	expect_equal("while active", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(7);
	expect_equal("after its end", gic_acknowledge(), 7);
	gic_end(7);
}

CHECK("sgi.self.pended_by_ispendr0")
{
	gic_enable(7, PRIORITY);
	gic_pend(7);
	expect_equal("INTID", gic_acknowledge(), 7);
	gic_end(7);
}

CHECK("sgi.self.preempts_an_spi")
{
	gic_enable(SPI_FIRST, LEVEL(9));
	gic_enable(7, LEVEL(2));
	gic_pend(SPI_FIRST);
	expect_equal("the SPI", gic_acknowledge(), SPI_FIRST);
	gic_send_sgi(0, 7);
	expect_equal("the SGI", gic_acknowledge(), 7);
	gic_end(7);
	gic_end(SPI_FIRST);
}

CHECK("sgi.self.ends_wfi")
{
	gic_enable(7, PRIORITY);
	gic_send_sgi(0, 7);
	gic_sleep(PPI_VTIMER);
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	expect_equal("INTID", gic_acknowledge(), 7);
	gic_end(7);
}

CHECK("sgi.irm.excludes_the_sender")
{
	gic_enable(1, PRIORITY);
	write_sgi1r(ICC_SGI1R_IRM | 1 << 24);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("not pending", !gic_is_pending(1));
}

CHECK("sgi.list.empty_reaches_no_core")
{
	uint64_t mpidr = cores[0].mpidr;

	gic_enable(1, PRIORITY);
	write_sgi1r((mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | 1 << 24 |
		    (mpidr >> 8 & 0xff) << 16);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.list.a_core_that_does_not_exist")
{
	uint64_t mpidr = cores[0].mpidr;

	gic_enable(1, PRIORITY);
	/* Aff0 15 of this cluster: there are 8 cores at most. */
	write_sgi1r((mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | 1 << 24 |
		    (mpidr >> 8 & 0xff) << 16 | 1 << 15);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.affinity.aff1_is_compared")
{
	uint64_t mpidr = cores[0].mpidr;

	gic_enable(1, PRIORITY);
	write_sgi1r((mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | 1 << 24 |
		    ((mpidr >> 8 & 0xff) ^ 0x40) << 16 | 0xffff);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.affinity.aff2_is_compared")
{
	uint64_t mpidr = cores[0].mpidr;

	gic_enable(1, PRIORITY);
	write_sgi1r((mpidr >> 32 & 0xff) << 48 | ((mpidr >> 16 & 0xff) ^ 0x40) << 32 | 1 << 24 |
		    (mpidr >> 8 & 0xff) << 16 | 0xffff);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("sgi.sgi0r.sends_group_0")
{
	uint64_t mpidr = cores[0].mpidr, aff0 = mpidr & 0xff;

	gicr_write(GICR_IGROUPR0, ~(1U << 4));
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	gic_enable(4, PRIORITY);
	write_sysreg(icc_sgi0r_el1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
		     4 << 24 | (mpidr >> 8 & 0xff) << 16 | U64(1) << aff0);
	isb();
	expect_equal("IAR0", gic_acknowledge_group0(), 4);
	write_sysreg(icc_eoir0_el1, 4);
	isb();
}

CHECK("sgi.sgi1r.sends_no_group_0")
{
	uint64_t mpidr = cores[0].mpidr, aff0 = mpidr & 0xff;

	gicr_write(GICR_IGROUPR0, ~(1U << 4));
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	gic_enable(4, PRIORITY);
	write_sgi1r((mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | 4 << 24 |
		    (mpidr >> 8 & 0xff) << 16 | U64(1) << aff0);
	wait_us(QUIET_US);
	expect_equal("highest of group 0", read_sysreg(icc_hppir0_el1), INTID_SPURIOUS);
}
