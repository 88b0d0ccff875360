// SPDX-License-Identifier: MIT
/*
 * The distributor's registers. Arm IHI 0069, "GICD register descriptions" (12.9). One Security
 * state: the machine and a VM have no EL3.
 *
 * Not checked, because the specification leaves it open or QEMU's model differs:
 * - accesses of other sizes than a register allows: 16-bit ones, bytes of word registers;
 * - reserved bits of IROUTER and its Interrupt_Routing_Mode bit, which QEMU stores;
 * - the lower priority bits, of which an implementation may store any number from four on;
 * - halves of IROUTER: 32-bit accesses to them exist for AArch32's sake only.
 */
#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "wait.h"

const char guest_name[] = "gic_distributor";

#define WORDS	(FIELD_GET(GICD_TYPER_LINES, gicd_read(GICD_TYPER)) + 1)

void check_setup(void)
{
	gic_reset();
}

/* The word of SPIs in a bit array, without bits of INTIDs that devices may drive. */
static uint32_t spis(uint64_t register_of_word)
{
	return gicd_read(register_of_word) & SPI_BITS;
}

CHECK("gicd.ctlr.reads_what_was_written")
{
	gicd_write(GICD_CTLR, GICD_CTLR_ARE);
	gic_wait_distributor();
	expect_equal("group 1 off", gicd_read(GICD_CTLR) & GICD_CTLR_ENABLE_GRP1, 0);
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
	gic_wait_distributor();
	expect_equal("group 1 on", gicd_read(GICD_CTLR) & GICD_CTLR_ENABLE_GRP1,
		     GICD_CTLR_ENABLE_GRP1);
}

CHECK("gicd.ctlr.affinity_routing_is_on")
{
	expect_equal("ARE", gicd_read(GICD_CTLR) & GICD_CTLR_ARE, GICD_CTLR_ARE);
}

CHECK("gicd.ctlr.one_security_state")
{
	uint32_t typer = gicd_read(GICD_TYPER);

	/* IHI 0069, GICD_TYPER: SecurityExtn is RAZ if GICD_CTLR.DS is 1. */
	expect_equal("DS", gicd_read(GICD_CTLR) & GICD_CTLR_DS, GICD_CTLR_DS);
	expect_equal("SecurityExtn", typer & GICD_TYPER_SECURITY, 0);
}

CHECK("gicd.ctlr.group_0_has_its_own_enable")
{
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	expect_equal("enables", gicd_read(GICD_CTLR) & 3, GICD_CTLR_ENABLE_GRP0);
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	expect_equal("enables", gicd_read(GICD_CTLR) & 3, 3);
}

CHECK("gicd.ctlr.off_forwards_nothing")
{
	gicd_write(GICD_CTLR, GICD_CTLR_ARE);
	gic_wait_distributor();
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("still pending", gic_is_pending(SPI_FIRST));
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
	gic_wait_distributor();
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.typer.has_spis")
{
	expect_at_least("ITLinesNumber", WORDS - 1, 1);
	expect_true("ITLinesNumber at most 31", WORDS <= 32);
}

CHECK("gicd.typer.names_at_least_10_bits")
{
	/* IDbits + 1 bits; without LPIs INTIDs 0 to 1023 need 10. */
	expect_at_least("IDbits", FIELD_GET(GICD_TYPER_IDBITS, gicd_read(GICD_TYPER)), 9);
}

CHECK("gicd.typer.is_read_only")
{
	uint32_t typer = gicd_read(GICD_TYPER);

	gicd_write(GICD_TYPER, ~typer);
	expect_equal("TYPER", gicd_read(GICD_TYPER), typer);
}

CHECK("gicd.iidr.names_an_implementer")
{
	uint32_t iidr = gicd_read(GICD_IIDR);

	expect_not("Implementer", iidr & GIC_IIDR_IMPLEMENTER, 0);
	gicd_write(GICD_IIDR, ~iidr);
	expect_equal("IIDR after a write", gicd_read(GICD_IIDR), iidr);
}

CHECK("gicd.pidr2.is_gicv3_or_later")
{
	uint32_t revision = FIELD_GET(GIC_PIDR2_ARCHREV, gicd_read(GIC_PIDR2));

	expect_at_least("ArchRev", revision, 3);
	expect_true("ArchRev at most 4", revision <= 4);
}

CHECK("gicd.pidr2.is_read_only")
{
	uint32_t pidr2 = gicd_read(GIC_PIDR2);

	gicd_write(GIC_PIDR2, ~pidr2);
	expect_equal("PIDR2", gicd_read(GIC_PIDR2), pidr2);
}

CHECK("gicd.reserved.is_raz_wi")
{
	static const uint16_t reserved[] = { 0x0014, 0x0018, 0x0060, 0x0070 };

	for (unsigned int n = 0; n < ARRAY_SIZE(reserved); n++) {
		gicd_write(reserved[n], ~0U);
		expect_equal("a reserved register", gicd_read(reserved[n]), 0);
	}
}

CHECK("gicd.igroupr.keeps_each_bit")
{
	gicd_write(GICD_IGROUPR(SPI_WORD), 0x5a5a5a5a);
	expect_equal("IGROUPR1", spis(GICD_IGROUPR(SPI_WORD)), 0x5a5a5a00);
	gicd_write(GICD_IGROUPR(SPI_WORD), 0xa5a5a5a5);
	expect_equal("IGROUPR1", spis(GICD_IGROUPR(SPI_WORD)), 0xa5a5a500);
}

CHECK("gicd.igroupr.word_0_is_raz_wi")
{
	gicd_write(GICD_IGROUPR(0), ~0U);
	expect_equal("IGROUPR0", gicd_read(GICD_IGROUPR(0)), 0);
}

CHECK("gicd.igrpmodr.is_raz_wi_with_one_security_state")
{
	gicd_write(GICD_IGRPMODR(SPI_WORD), ~0U);
	expect_equal("IGRPMODR1", gicd_read(GICD_IGRPMODR(SPI_WORD)), 0);
}

CHECK("gicd.isenabler.set_by_word")
{
	gicd_write(GICD_ISENABLER(SPI_WORD), 0x00ff0000);
	expect_equal("ISENABLER1", spis(GICD_ISENABLER(SPI_WORD)), 0x00ff0000);
	gicd_write(GICD_ISENABLER(SPI_WORD), 0x0f00ff00);
	expect_equal("ISENABLER1", spis(GICD_ISENABLER(SPI_WORD)), 0x0fffff00);
}

CHECK("gicd.isenabler.writing_0_changes_nothing")
{
	gicd_write(GICD_ISENABLER(SPI_WORD), SPI_BITS);
	gicd_write(GICD_ISENABLER(SPI_WORD), 0);
	expect_equal("ISENABLER1", spis(GICD_ISENABLER(SPI_WORD)), SPI_BITS);
}

CHECK("gicd.icenabler.reads_as_isenabler")
{
	gicd_write(GICD_ISENABLER(SPI_WORD), 0x12345600);
	expect_equal("ICENABLER1", spis(GICD_ICENABLER(SPI_WORD)), 0x12345600);
}

CHECK("gicd.icenabler.clears_only_ones")
{
	gicd_write(GICD_ISENABLER(SPI_WORD), SPI_BITS);
	gicd_write(GICD_ICENABLER(SPI_WORD), 0x0ff00000);
	gic_wait_distributor();
	expect_equal("ISENABLER1", spis(GICD_ISENABLER(SPI_WORD)), 0xf00fff00);
	gicd_write(GICD_ICENABLER(SPI_WORD), 0);
	gic_wait_distributor();
	expect_equal("ISENABLER1", spis(GICD_ISENABLER(SPI_WORD)), 0xf00fff00);
}

CHECK("gicd.enable.word_0_is_raz_wi")
{
	gicd_write(GICD_ISENABLER(0), ~0U);
	expect_equal("ISENABLER0", gicd_read(GICD_ISENABLER(0)), 0);
	expect_equal("ICENABLER0", gicd_read(GICD_ICENABLER(0)), 0);
	expect_equal("the redistributor's", gicr_read(GICR_ISENABLER0), 0);
}

CHECK("gicd.ispendr.set_by_word")
{
	gicd_write(GICD_ISPENDR(SPI_WORD), 0x00ff0000);
	expect_equal("ISPENDR1", spis(GICD_ISPENDR(SPI_WORD)), 0x00ff0000);
	gicd_write(GICD_ISPENDR(SPI_WORD), 0x0f00ff00);
	expect_equal("ISPENDR1", spis(GICD_ISPENDR(SPI_WORD)), 0x0fffff00);
	gicd_write(GICD_ISPENDR(SPI_WORD), 0);
	expect_equal("ISPENDR1", spis(GICD_ISPENDR(SPI_WORD)), 0x0fffff00);
}

CHECK("gicd.icpendr.clears_only_ones")
{
	gicd_write(GICD_ISPENDR(SPI_WORD), SPI_BITS);
	gicd_write(GICD_ICPENDR(SPI_WORD), 0x0ff00000);
	expect_equal("ISPENDR1", spis(GICD_ISPENDR(SPI_WORD)), 0xf00fff00);
	expect_equal("ICPENDR1", spis(GICD_ICPENDR(SPI_WORD)), 0xf00fff00);
}

CHECK("gicd.pending.word_0_is_raz_wi")
{
	gicd_write(GICD_ISPENDR(0), ~0U);
	expect_equal("ISPENDR0", gicd_read(GICD_ISPENDR(0)), 0);
	expect_equal("the redistributor's", gicr_read(GICR_ISPENDR0) & 0xffff, 0);
}

CHECK("gicd.pending.cleared_before_delivery_is_gone")
{
	gic_pend(SPI_FIRST);
	gic_unpend(SPI_FIRST);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicd.pending.while_disabled_is_kept")
{
	gic_pend(SPI_FIRST);
	expect_equal("INTID while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("pending while disabled", gic_is_pending(SPI_FIRST));
	gic_enable(SPI_FIRST, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.pending.disabled_after_pending_is_kept")
{
	gic_enable(SPI_FIRST, PRIORITY);
	write_sysreg(icc_pmr_el1, 0);
	gic_pend(SPI_FIRST);
	gic_disable(SPI_FIRST);
	write_sysreg(icc_pmr_el1, 0xff);
	isb();
	expect_equal("INTID while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("pending", gic_is_pending(SPI_FIRST));
	gic_enable(SPI_FIRST, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.pending.acknowledge_clears_it")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	expect_true("active", gic_is_active(SPI_FIRST));
	expect_true("not pending", !gic_is_pending(SPI_FIRST));
	gic_end(SPI_FIRST);
	expect_true("not active", !gic_is_active(SPI_FIRST));
}

CHECK("gicd.pending.edge_twice_is_once")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicd.pending.edge_while_active_comes_again")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_pend(SPI_FIRST);
	expect_true("active", gic_is_active(SPI_FIRST));
	expect_true("and pending", gic_is_pending(SPI_FIRST));
	expect_equal("INTID while active", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_end(SPI_FIRST);
	expect_equal("INTID after its end", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.isactiver.set_by_word")
{
	gicd_write(GICD_ISACTIVER(SPI_WORD), 0x00ff0000);
	expect_equal("ISACTIVER1", spis(GICD_ISACTIVER(SPI_WORD)), 0x00ff0000);
	gicd_write(GICD_ISACTIVER(SPI_WORD), 0x0f00ff00);
	expect_equal("ISACTIVER1", spis(GICD_ISACTIVER(SPI_WORD)), 0x0fffff00);
	gicd_write(GICD_ISACTIVER(SPI_WORD), 0);
	expect_equal("ISACTIVER1", spis(GICD_ISACTIVER(SPI_WORD)), 0x0fffff00);
}

CHECK("gicd.icactiver.clears_only_ones")
{
	gicd_write(GICD_ISACTIVER(SPI_WORD), SPI_BITS);
	gicd_write(GICD_ICACTIVER(SPI_WORD), 0x0ff00000);
	expect_equal("ISACTIVER1", spis(GICD_ISACTIVER(SPI_WORD)), 0xf00fff00);
	expect_equal("ICACTIVER1", spis(GICD_ICACTIVER(SPI_WORD)), 0xf00fff00);
}

CHECK("gicd.active.word_0_is_raz_wi")
{
	gicd_write(GICD_ISACTIVER(0), ~0U);
	expect_equal("ISACTIVER0", gicd_read(GICD_ISACTIVER(0)), 0);
	expect_equal("ICACTIVER0", gicd_read(GICD_ICACTIVER(0)), 0);
	expect_equal("the redistributor's", gicr_read(GICR_ISACTIVER0), 0);
}

CHECK("gicd.active.set_by_software_is_not_delivered")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gicd_write(GICD_ISACTIVER(SPI_WORD), SPI_BIT(SPI_FIRST));
	gic_pend(SPI_FIRST);
	expect_equal("INTID while active", gic_acknowledge_now(), INTID_SPURIOUS);
	gicd_write(GICD_ICACTIVER(SPI_WORD), SPI_BIT(SPI_FIRST));
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.active.disabled_stays_active")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_disable(SPI_FIRST);
	expect_true("active while disabled", gic_is_active(SPI_FIRST));
	gic_end(SPI_FIRST);
	expect_true("not active after its end", !gic_is_active(SPI_FIRST));
}

CHECK("gicd.active.disabled_then_pended_comes_after_enable")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_disable(SPI_FIRST);
	gic_pend(SPI_FIRST);
	gic_end(SPI_FIRST);
	expect_equal("INTID while disabled", gic_acknowledge_now(), INTID_SPURIOUS);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.active.cleared_by_software_while_handled")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gicd_write(GICD_ICACTIVER(SPI_WORD), SPI_BIT(SPI_FIRST));
	expect_true("not active", !gic_is_active(SPI_FIRST));
	gic_end(SPI_FIRST);
	expect_equal("running priority", read_sysreg(icc_rpr_el1), ICC_RPR_IDLE);
}

CHECK("gicd.ipriorityr.by_byte")
{
	for (unsigned int n = 0; n < 16; n++)
		access_write8(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST + n), LEVEL(n));
	for (unsigned int n = 0; n < 16; n++)
		expect_equal("a byte", access_read8(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST + n)),
			     LEVEL(n));
}

CHECK("gicd.ipriorityr.by_word")
{
	gicd_write(GICD_IPRIORITYR(SPI_FIRST), 0x40302010);
	expect_equal("the word", gicd_read(GICD_IPRIORITYR(SPI_FIRST)), 0x40302010);
	for (unsigned int n = 0; n < 4; n++)
		expect_equal("a byte of it",
			     access_read8(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST + n)),
			     LEVEL(n + 1));
}

CHECK("gicd.ipriorityr.a_byte_leaves_its_neighbours")
{
	gicd_write(GICD_IPRIORITYR(SPI_FIRST), 0x40302010);
	access_write8(GICD_BASE + GICD_IPRIORITYR(SPI_FIRST + 2), 0xf0);
	expect_equal("the word", gicd_read(GICD_IPRIORITYR(SPI_FIRST)), 0x40f02010);
}

CHECK("gicd.ipriorityr.private_ones_are_raz_wi")
{
	for (unsigned int intid = 0; intid < 32; intid += 4) {
		gicd_write(GICD_IPRIORITYR(intid), 0x40302010);
		expect_equal("a word", gicd_read(GICD_IPRIORITYR(intid)), 0);
	}
	expect_equal("the redistributor's", gicr_read(GICR_IPRIORITYR(0)), PRIORITY * 0x01010101U);
}

CHECK("gicd.itargetsr.is_raz_wi_with_affinity_routing")
{
	gicd_write(GICD_ITARGETSR(SPI_FIRST), ~0U);
	expect_equal("by word", gicd_read(GICD_ITARGETSR(SPI_FIRST)), 0);
	access_write8(GICD_BASE + GICD_ITARGETSR(SPI_FIRST), 0xff);
	expect_equal("by byte", access_read8(GICD_BASE + GICD_ITARGETSR(SPI_FIRST)), 0);
}

CHECK("gicd.sgir.does_nothing_with_affinity_routing")
{
	gic_enable(5, PRIORITY);
	gicd_write(GICD_SGIR, 2 << 24 | 5);	/* GICv2: SGI 5 to oneself */
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicd.spendsgir.is_raz_wi_with_affinity_routing")
{
	gicd_write(GICD_SPENDSGIR, ~0U);
	expect_equal("SPENDSGIR", gicd_read(GICD_SPENDSGIR), 0);
	expect_equal("CPENDSGIR", gicd_read(GICD_CPENDSGIR), 0);
	expect_equal("SGIs", gicr_read(GICR_ISPENDR0) & 0xffff, 0);
}

CHECK("gicd.icfgr.keeps_edge_and_level")
{
	/* Two bits each, of which the upper is the trigger and the lower RES0. INTIDs 48 to 63. */
	gicd_write(GICD_ICFGR(3), 0x88888888);
	expect_equal("ICFGR3", gicd_read(GICD_ICFGR(3)) & 0xaaaaaaaa, 0x88888888);
	gicd_write(GICD_ICFGR(3), 0x22222222);
	expect_equal("ICFGR3", gicd_read(GICD_ICFGR(3)) & 0xaaaaaaaa, 0x22222222);
}

CHECK("gicd.icfgr.words_0_and_1_are_not_spis")
{
	gicd_write(GICD_ICFGR(1), ~0U);
	expect_equal("the redistributor's", gicr_read(GICR_ICFGR1) & 0xaaaaaaaa, 0);
}

CHECK("gicd.level.pended_by_software_stays_until_acknowledged")
{
	/* The latch of ISPENDR, with the line low: IHI 0069, GICD_ISPENDR<n>. */
	gicd_write(GICD_ICFGR(3), 0);
	gic_enable(48, PRIORITY);
	gic_pend(48);
	expect_equal("INTID", gic_acknowledge(), 48);
	expect_true("not pending", !gic_is_pending(48));
	gic_end(48);
	expect_equal("a second one", gic_acknowledge_now(), INTID_SPURIOUS);
}

CHECK("gicd.level.pended_by_software_is_cleared_by_icpendr")
{
	gicd_write(GICD_ICFGR(3), 0);
	gic_pend(48);
	expect_true("pending", gic_is_pending(48));
	gic_unpend(48);
	expect_true("not pending", !gic_is_pending(48));
}

CHECK("gicd.irouter.keeps_an_affinity")
{
	uint64_t route = GICD_BASE + GICD_IROUTER(SPI_FIRST);

	/* A cluster that has no core may be written: the interrupt then goes to no core. */
	access_write64(route, 0x0000010203);
	expect_equal("Aff2, Aff1, Aff0", mmio_read64(route), 0x0000010203);
}

CHECK("gicd.irouter.has_64_bits")
{
	uint64_t route = GICD_BASE + GICD_IROUTER(SPI_FIRST), wanted = 0x0500010203;

	if (!(gicd_read(GICD_TYPER) & GICD_TYPER_A3V))
		wanted = 0x0000010203;		/* Aff3 is RES0 */
	access_write64(route, 0x0500010203);
	expect_equal("Aff3 to Aff0", mmio_read64(route), wanted);
}

CHECK("gicd.irouter.each_spi_has_its_own")
{
	for (unsigned int n = 0; n < SPI_COUNT; n++)
		access_write64(GICD_BASE + GICD_IROUTER(SPI_FIRST + n), n);
	for (unsigned int n = 0; n < SPI_COUNT; n++)
		expect_equal("a route", mmio_read64(GICD_BASE + GICD_IROUTER(SPI_FIRST + n)), n);
}

CHECK("gicd.irouter.to_no_core_stays_pending")
{
	uint64_t route = GICD_BASE + GICD_IROUTER(SPI_FIRST);

	access_write64(route, 0x0000ffffff);
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_equal("INTID", gic_acknowledge_now(), INTID_SPURIOUS);
	expect_true("pending", gic_is_pending(SPI_FIRST));
	gic_disable(SPI_FIRST);
	access_write64(route, cores[0].mpidr);
	gic_enable(SPI_FIRST, PRIORITY);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("gicd.arrays.beyond_the_last_line_are_raz_wi")
{
	/* One word more: QEMU's ITLinesNumber is one less than what its model has. */
	unsigned int end = WORDS + 1;

	if (end >= 31)
		return;		/* all INTIDs exist */
	gicd_write(GICD_ISENABLER(end), ~0U);
	expect_equal("ISENABLER", gicd_read(GICD_ISENABLER(end)), 0);
	gicd_write(GICD_ISPENDR(end), ~0U);
	expect_equal("ISPENDR", gicd_read(GICD_ISPENDR(end)), 0);
	gicd_write(GICD_ISACTIVER(end), ~0U);
	expect_equal("ISACTIVER", gicd_read(GICD_ISACTIVER(end)), 0);
	gicd_write(GICD_IPRIORITYR(32 * end), ~0U);
	expect_equal("IPRIORITYR", gicd_read(GICD_IPRIORITYR(32 * end)), 0);
	gicd_write(GICD_ICFGR(2 * end), ~0U);
	expect_equal("ICFGR", gicd_read(GICD_ICFGR(2 * end)), 0);
}

CHECK("gicd.ctlr.group_0_waits_for_its_own_enable")
{
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	gicd_write(GICD_IGROUPR(SPI_WORD), ~SPI_BIT(SPI_FIRST));
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	wait_us(QUIET_US);
	expect_equal("highest of group 0", read_sysreg(icc_hppir0_el1), INTID_SPURIOUS);
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	expect_equal("INTID", gic_acknowledge_group0(), SPI_FIRST);
	write_sysreg(icc_eoir0_el1, SPI_FIRST);
	isb();
}

CHECK("gicd.spi.beyond_the_second_word")
{
	const unsigned int intid = 182;	/* no device of the virt machine has it */

	gicd_write(GICD_IGROUPR(intid / 32), ~0U);
	gic_enable(intid, PRIORITY);
	gic_pend(intid);
	expect_true("pending", gic_is_pending(intid));
	expect_equal("INTID", gic_acknowledge(), intid);
	expect_true("active", gic_is_active(intid));
	gic_end(intid);
	gic_disable(intid);
}
