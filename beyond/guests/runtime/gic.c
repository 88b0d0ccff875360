// SPDX-License-Identifier: MIT
#include "gic.h"

#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "wait.h"

#define ISR_EL1_I	BIT(7)
#define REGISTER_PATIENCE	100000

uint32_t gicd_read(uint64_t offset)
{
	return mmio_read32(GICD_BASE + offset);
}

void gicd_write(uint64_t offset, uint32_t value)
{
	mmio_write32(GICD_BASE + offset, value);
}

/* MPIDR_EL1's affinity as GICR_TYPER and ICC_SGI1R_EL1's user sees it: Aff3 at bit 24. */
static uint64_t packed_affinity(uint64_t mpidr)
{
	return (mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff);
}

uint64_t gic_redistributor(void)
{
	uint64_t wanted = packed_affinity(read_sysreg(mpidr_el1) & MPIDR_AFFINITY);

	for (uint64_t rd = GICR_BASE; rd < GICR_BASE + GICR_SIZE; rd += GICR_FRAME_SIZE) {
		uint64_t typer = mmio_read64(rd + GICR_TYPER);

		if (FIELD_GET(GICR_TYPER_AFFINITY, typer) == wanted)
			return rd;
		if (typer & GICR_TYPER_LAST)
			break;
	}
	check_fail("no redistributor has this core's affinity");
}

uint32_t gicr_read(uint64_t offset)
{
	return mmio_read32(gic_redistributor() + offset);
}

void gicr_write(uint64_t offset, uint32_t value)
{
	mmio_write32(gic_redistributor() + offset, value);
}

static void wait_until_clear(uint64_t address, uint32_t bits)
{
	for (unsigned int n = 0; n < REGISTER_PATIENCE; n++)
		if (!(mmio_read32(address) & bits))
			return;
	check_fail("a register write never takes effect: RWP or ChildrenAsleep stays 1");
}

void gic_wait_distributor(void)
{
	wait_until_clear(GICD_BASE + GICD_CTLR, GICD_CTLR_RWP);
}

void gic_wait_redistributor(void)
{
	wait_until_clear(gic_redistributor() + GICR_CTLR, GICR_CTLR_RWP);
}

static void write_control(uint32_t value)
{
	gicd_write(GICD_CTLR, value);
	gic_wait_distributor();
}

/* INTIDs that the distributor has, private ones included. */
static unsigned int lines(void)
{
	return 32 * (FIELD_GET(GICD_TYPER_LINES, gicd_read(GICD_TYPER)) + 1);
}

void gic_reset_distributor(void)
{
	unsigned int end = MIN(lines(), 1020);

	write_control(0);
	write_control(GICD_CTLR_ARE);
	for (unsigned int n = 1; n < end / 32; n++) {
		gicd_write(GICD_ICENABLER(n), ~0U);
		gicd_write(GICD_IGROUPR(n), ~0U);
	}
	gic_wait_distributor();		/* disabled before the configuration changes */
	for (unsigned int n = 1; n < end / 32; n++) {
		gicd_write(GICD_ICFGR(2 * n), 0xaaaaaaaa);
		gicd_write(GICD_ICFGR(2 * n + 1), 0xaaaaaaaa);
		gicd_write(GICD_ICPENDR(n), ~0U);
		gicd_write(GICD_ICACTIVER(n), ~0U);
	}
	for (unsigned int intid = 32; intid < end; intid += 4)
		gicd_write(GICD_IPRIORITYR(intid), PRIORITY * 0x01010101U);
	for (unsigned int intid = 32; intid < MIN(end, 96); intid++)
		access_write64(GICD_BASE + GICD_IROUTER(intid), cores[0].mpidr);
	write_control(GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
}

static void reset_redistributor(uint64_t rd)
{
	uint32_t waker = mmio_read32(rd + GICR_WAKER);

	if (waker & GICR_WAKER_CHILDREN_ASLEEP) {
		mmio_write32(rd + GICR_WAKER, waker & ~GICR_WAKER_PROCESSOR_SLEEP);
		wait_until_clear(rd + GICR_WAKER, GICR_WAKER_CHILDREN_ASLEEP);
	}
	mmio_write32(rd + GICR_ICENABLER0, ~0U);
	wait_until_clear(rd + GICR_CTLR, GICR_CTLR_RWP);
	mmio_write32(rd + GICR_ICFGR1, 0);
	mmio_write32(rd + GICR_IGROUPR0, ~0U);
	mmio_write32(rd + GICR_ICPENDR0, ~0U);
	mmio_write32(rd + GICR_ICACTIVER0, ~0U);
	for (unsigned int n = 0; n < 32; n += 4)
		mmio_write32(rd + GICR_IPRIORITYR(n), PRIORITY * 0x01010101U);
}

void gic_reset_core(void)
{
	reset_redistributor(gic_redistributor());
	write_sysreg(icc_sre_el1, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();		/* the other ICC_ registers are accessible only after this */
	write_sysreg(icc_igrpen0_el1, 0);
	write_sysreg(icc_igrpen1_el1, 0);
	write_sysreg(icc_ctlr_el1, 0);
	/* Zero is one of the two values that may be written: IHI 0069, "ICC_AP1R<n>_EL1". */
	write_sysreg(icc_ap0r0_el1, 0);
	write_sysreg(icc_ap1r0_el1, 0);
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_bpr0_el1, 0);
	write_sysreg(icc_bpr1_el1, 0);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
}

void gic_reset(void)
{
	gic_reset_distributor();
	gic_reset_core();
}

/* The register pair of private and shared interrupts, by INTID. */
static void write_bit(unsigned int intid, uint64_t private, uint64_t shared)
{
	if (intid < 32)
		gicr_write(private, 1U << intid);
	else
		gicd_write(shared + intid / 32 * 4, 1U << intid % 32);
}

static bool read_bit(unsigned int intid, uint64_t private, uint64_t shared)
{
	uint32_t word = intid < 32 ? gicr_read(private) : gicd_read(shared + intid / 32 * 4);

	return word >> intid % 32 & 1;
}

void gic_enable(unsigned int intid, unsigned int priority)
{
	if (intid < 32)
		access_write8(gic_redistributor() + GICR_IPRIORITYR(intid), priority);
	else
		access_write8(GICD_BASE + GICD_IPRIORITYR(intid), priority);
	write_bit(intid, GICR_ISENABLER0, GICD_ISENABLER(0));
	dsb(sy);
}

void gic_disable(unsigned int intid)
{
	write_bit(intid, GICR_ICENABLER0, GICD_ICENABLER(0));
	if (intid < 32)
		gic_wait_redistributor();
	else
		gic_wait_distributor();
}

void gic_pend(unsigned int intid)
{
	write_bit(intid, GICR_ISPENDR0, GICD_ISPENDR(0));
	dsb(sy);
}

void gic_unpend(unsigned int intid)
{
	write_bit(intid, GICR_ICPENDR0, GICD_ICPENDR(0));
	dsb(sy);
}

bool gic_is_pending(unsigned int intid)
{
	return read_bit(intid, GICR_ISPENDR0, GICD_ISPENDR(0));
}

bool gic_is_active(unsigned int intid)
{
	return read_bit(intid, GICR_ISACTIVER0, GICD_ISACTIVER(0));
}

/* Acknowledge into `*intid`; true unless it is a special INTID. */
static bool acknowledges(void *intid)
{
	*(unsigned int *)intid = read_sysreg(icc_iar1_el1);
	dsb(sy);	/* acknowledged before a device is touched: IHI 0069 */
	return *(unsigned int *)intid < INTID_SPECIAL;
}

static bool acknowledges_group0(void *intid)
{
	*(unsigned int *)intid = read_sysreg(icc_iar0_el1);
	dsb(sy);
	return *(unsigned int *)intid < INTID_SPECIAL;
}

unsigned int gic_acknowledge(void)
{
	unsigned int intid;

	wait_for(acknowledges, &intid, EFFECT_US);
	return intid;
}

unsigned int gic_acknowledge_now(void)
{
	unsigned int intid;

	wait_for(acknowledges, &intid, QUIET_US);
	return intid;
}

unsigned int gic_acknowledge_group0(void)
{
	unsigned int intid;

	wait_for(acknowledges_group0, &intid, EFFECT_US);
	return intid;
}

void gic_end(unsigned int intid)
{
	write_sysreg(icc_eoir1_el1, intid);
	isb();
}

void gic_deactivate(unsigned int intid)
{
	write_sysreg(icc_dir_el1, intid);
	isb();
}

static bool irq_is_pending(void *unused)
{
	(void)unused;
	return read_sysreg(isr_el1) & ISR_EL1_I;
}

bool gic_irq_line(void)
{
	return wait_for(irq_is_pending, 0, EFFECT_US);
}

void gic_sleep(unsigned int guard)
{
	gic_enable(guard, LEVEL(14));
	if (guard == PPI_VTIMER) {
		write_sysreg(cntv_tval_el0, wait_ticks(EFFECT_US));
		write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE);
	} else {
		write_sysreg(cntp_tval_el0, wait_ticks(EFFECT_US));
		write_sysreg(cntp_ctl_el0, CNT_CTL_ENABLE);
	}
	isb();
	while (!irq_is_pending(0))
		wfi();
}

void gic_send_sgi(unsigned int n, unsigned int intid)
{
	uint64_t mpidr = cores[n].mpidr, aff0 = mpidr & 0xff;

	dsb(ishst);	/* what the receiver shall see is written */
	write_sysreg(icc_sgi1r_el1, (mpidr >> 32 & 0xff) << 48 | aff0 / 16 << 44 |
		     (mpidr >> 16 & 0xff) << 32 | (uint64_t)intid << 24 |
		     (mpidr >> 8 & 0xff) << 16 | U64(1) << aff0 % 16);
	isb();
}
