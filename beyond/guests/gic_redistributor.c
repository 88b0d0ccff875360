// SPDX-License-Identifier: MIT
/*
 * The redistributor's registers, on each core. Arm IHI 0069, "GICR register descriptions" (12.11).
 * SGIs, and PPIs 16 to 19, to which no device is connected.
 *
 * Not checked, because it is IMPLEMENTATION DEFINED: whether a PPI's trigger can be changed, and
 * LPIs, which a machine without an ITS does not have.
 */
#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"

const char guest_name[] = "gic_redistributor";

#define PPI		16
#define PRIVATE_BITS	0x000fffffU	/* SGIs, and PPIs 16 to 19 */
#define PPI_BITS	0x000f0000U

void check_setup(void)
{
	gic_reset();
}

/* Run `body` on every core, each with its redistributor reset. */
static void on_each_core(void (*body)(void *unused))
{
	body(0);
	for (unsigned int n = 1; n < core_count; n++)
		core_run(n, body, 0);
}

static void find_own(void *unused)
{
	(void)unused;
	gic_redistributor();
}

CHECK("gicr.typer.each_core_has_one")
{
	on_each_core(find_own);
}

CHECK("gicr.typer.affinities_differ")
{
	uint64_t rd = GICR_BASE;

	for (unsigned int n = 0; n + 1 < core_count; n++, rd += GICR_FRAME_SIZE) {
		uint64_t first = FIELD_GET(GICR_TYPER_AFFINITY, mmio_read64(rd + GICR_TYPER));

		for (unsigned int m = n + 1; m < core_count; m++)
			expect_not("an affinity", FIELD_GET(GICR_TYPER_AFFINITY,
				   mmio_read64(GICR_BASE + m * GICR_FRAME_SIZE + GICR_TYPER)),
				   first);
	}
}

CHECK("gicr.typer.last_ends_the_region")
{
	for (unsigned int n = 0; n + 1 < core_count; n++)
		expect_equal("Last before the last one", mmio_read64(GICR_BASE +
			     n * GICR_FRAME_SIZE + GICR_TYPER) & GICR_TYPER_LAST, 0);
	expect_equal("Last", mmio_read64(GICR_BASE + (core_count - 1) * GICR_FRAME_SIZE +
		     GICR_TYPER) & GICR_TYPER_LAST, GICR_TYPER_LAST);
}

CHECK("gicr.typer.is_read_only")
{
	uint64_t rd = gic_redistributor(), typer = mmio_read64(rd + GICR_TYPER);

	access_write64(rd + GICR_TYPER, ~typer);
	expect_equal("TYPER", mmio_read64(rd + GICR_TYPER), typer);
}

CHECK("gicr.iidr.names_an_implementer")
{
	expect_not("Implementer", gicr_read(GICR_IIDR) & GIC_IIDR_IMPLEMENTER, 0);
}

CHECK("gicr.pidr2.agrees_with_the_distributor")
{
	expect_equal("ArchRev", FIELD_GET(GIC_PIDR2_ARCHREV, gicr_read(GIC_PIDR2)),
		     FIELD_GET(GIC_PIDR2_ARCHREV, gicd_read(GIC_PIDR2)));
}

static void sleep_and_wake(void *unused)
{
	uint32_t waker;

	(void)unused;
	gic_reset_core();
	/* Both groups are off before the core announces that it sleeps: IHI 0069, GICR_WAKER. */
	write_sysreg(icc_igrpen1_el1, 0);
	isb();
	waker = gicr_read(GICR_WAKER);
	expect_equal("awake", waker & (GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP), 0);
	gicr_write(GICR_WAKER, waker | GICR_WAKER_PROCESSOR_SLEEP);
	for (unsigned int n = 0; n < 1000; n++)
		if (gicr_read(GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP)
			break;
	waker = gicr_read(GICR_WAKER);
	gicr_write(GICR_WAKER, waker & ~GICR_WAKER_PROCESSOR_SLEEP);
	expect_equal("asleep", waker & (GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP),
		     GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP);
	for (unsigned int n = 0; n < 1000; n++)
		if (!(gicr_read(GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP))
			return;
	check_fail("ChildrenAsleep stays 1 after ProcessorSleep was cleared");
}

CHECK("gicr.waker.follows_processor_sleep")
{
	on_each_core(sleep_and_wake);
}

CHECK("gicr.reserved.is_raz_wi")
{
	static const uint32_t reserved[] = {
		0x0084, 0x0090, GICR_SGI_BASE + 0x0010, GICR_SGI_BASE + 0x0040,
	};

	for (unsigned int n = 0; n < ARRAY_SIZE(reserved); n++) {
		gicr_write(reserved[n], ~0U);
		expect_equal("a reserved register", gicr_read(reserved[n]), 0);
	}
}

CHECK("gicr.igroupr0.keeps_each_bit")
{
	gicr_write(GICR_IGROUPR0, 0x5a5a5a5a);
	expect_equal("IGROUPR0", gicr_read(GICR_IGROUPR0) & PRIVATE_BITS, 0x000a5a5a);
	gicr_write(GICR_IGROUPR0, 0xa5a5a5a5);
	expect_equal("IGROUPR0", gicr_read(GICR_IGROUPR0) & PRIVATE_BITS, 0x0005a5a5);
}

CHECK("gicr.igrpmodr0.is_raz_wi_with_one_security_state")
{
	gicr_write(GICR_IGRPMODR0, ~0U);
	expect_equal("IGRPMODR0", gicr_read(GICR_IGRPMODR0), 0);
}

CHECK("gicr.isenabler0.sets_only_ones")
{
	gicr_write(GICR_ISENABLER0, 0x00050000);
	expect_equal("ISENABLER0", gicr_read(GICR_ISENABLER0) & PPI_BITS, 0x00050000);
	gicr_write(GICR_ISENABLER0, 0x00020000);
	expect_equal("ISENABLER0", gicr_read(GICR_ISENABLER0) & PPI_BITS, 0x00070000);
	expect_equal("ICENABLER0", gicr_read(GICR_ICENABLER0) & PPI_BITS, 0x00070000);
}

CHECK("gicr.icenabler0.clears_only_ones")
{
	gicr_write(GICR_ISENABLER0, PPI_BITS);
	gicr_write(GICR_ICENABLER0, 0x00050000);
	gic_wait_redistributor();
	expect_equal("ISENABLER0", gicr_read(GICR_ISENABLER0) & PPI_BITS, 0x000a0000);
}

CHECK("gicr.ispendr0.sets_only_ones")
{
	gicr_write(GICR_ISPENDR0, 0x00050005);
	expect_equal("ISPENDR0", gicr_read(GICR_ISPENDR0) & PRIVATE_BITS, 0x00050005);
	gicr_write(GICR_ISPENDR0, 0x00020002);
	expect_equal("ISPENDR0", gicr_read(GICR_ISPENDR0) & PRIVATE_BITS, 0x00070007);
	gicr_write(GICR_ISPENDR0, 0);
	expect_equal("ICPENDR0", gicr_read(GICR_ICPENDR0) & PRIVATE_BITS, 0x00070007);
}

CHECK("gicr.icpendr0.clears_only_ones")
{
	gicr_write(GICR_ISPENDR0, PRIVATE_BITS);
	gicr_write(GICR_ICPENDR0, 0x0005a5a5);
	expect_equal("ISPENDR0", gicr_read(GICR_ISPENDR0) & PRIVATE_BITS, 0x000a5a5a);
}

CHECK("gicr.isactiver0.sets_only_ones")
{
	gicr_write(GICR_ISACTIVER0, 0x00050005);
	expect_equal("ISACTIVER0", gicr_read(GICR_ISACTIVER0) & PRIVATE_BITS, 0x00050005);
	gicr_write(GICR_ISACTIVER0, 0x00020002);
	expect_equal("ISACTIVER0", gicr_read(GICR_ISACTIVER0) & PRIVATE_BITS, 0x00070007);
	expect_equal("ICACTIVER0", gicr_read(GICR_ICACTIVER0) & PRIVATE_BITS, 0x00070007);
}

CHECK("gicr.icactiver0.clears_only_ones")
{
	gicr_write(GICR_ISACTIVER0, PRIVATE_BITS);
	gicr_write(GICR_ICACTIVER0, 0x0005a5a5);
	expect_equal("ISACTIVER0", gicr_read(GICR_ISACTIVER0) & PRIVATE_BITS, 0x000a5a5a);
}

CHECK("gicr.ipriorityr.by_byte")
{
	uint64_t rd = gic_redistributor();

	for (unsigned int n = 0; n < 16; n++)
		access_write8(rd + GICR_IPRIORITYR(n), LEVEL(n));
	for (unsigned int n = 0; n < 16; n++)
		expect_equal("a byte", access_read8(rd + GICR_IPRIORITYR(n)), LEVEL(n));
}

CHECK("gicr.ipriorityr.by_word")
{
	gicr_write(GICR_IPRIORITYR(PPI), 0x40302010);
	expect_equal("the word", gicr_read(GICR_IPRIORITYR(PPI)), 0x40302010);
	access_write8(gic_redistributor() + GICR_IPRIORITYR(PPI + 2), 0xf0);
	expect_equal("the word", gicr_read(GICR_IPRIORITYR(PPI)), 0x40f02010);
}

CHECK("gicr.icfgr0.sgis_are_edge_triggered")
{
	expect_equal("ICFGR0", gicr_read(GICR_ICFGR0) & 0xaaaaaaaa, 0xaaaaaaaa);
	gicr_write(GICR_ICFGR0, 0);
	expect_equal("ICFGR0 after a write", gicr_read(GICR_ICFGR0) & 0xaaaaaaaa, 0xaaaaaaaa);
}

CHECK("gicr.ppi.pended_by_software_is_delivered")
{
	gic_enable(PPI, PRIORITY);
	gic_pend(PPI);
	expect_equal("INTID", gic_acknowledge(), PPI);
	expect_true("active", gic_is_active(PPI));
	gic_end(PPI);
	expect_true("not active", !gic_is_active(PPI));
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicr.ppi.pending_while_disabled_is_kept")
{
	gic_pend(PPI);
	expect_equal("INTID while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_enable(PPI, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), PPI);
	gic_end(PPI);
}

CHECK("gicr.ppi.active_and_disabled_is_not_lost")
{
	gic_enable(PPI, PRIORITY);
	gic_pend(PPI);
	expect_equal("INTID", gic_acknowledge(), PPI);
	gic_disable(PPI);
	expect_true("active while disabled", gic_is_active(PPI));
	gic_pend(PPI);
	gic_end(PPI);
	gic_enable(PPI, PRIORITY);
	expect_equal("INTID after enable", gic_acknowledge(), PPI);
	gic_end(PPI);
}

CHECK("gicr.ppi.active_by_software_is_not_delivered")
{
	gic_enable(PPI, PRIORITY);
	gicr_write(GICR_ISACTIVER0, BIT(PPI));
	gic_pend(PPI);
	expect_equal("INTID while active", gic_acknowledge_now(), INTID_SPURIOUS);
	gicr_write(GICR_ICACTIVER0, BIT(PPI));
	expect_equal("INTID", gic_acknowledge(), PPI);
	gic_end(PPI);
}

CHECK("gicr.sgi.pending_cleared_is_gone")
{
	gic_pend(3);
	expect_true("pending", gic_is_pending(3));
	gic_unpend(3);
	gic_enable(3, PRIORITY);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicr.typer.by_halves")
{
	uint64_t typer = mmio_read64(gic_redistributor() + GICR_TYPER);

	expect_equal("lower half", gicr_read(GICR_TYPER), typer & 0xffffffff);
	expect_equal("upper half", gicr_read(GICR_TYPER + 4), typer >> 32);
}
