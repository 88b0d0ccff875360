// SPDX-License-Identifier: MIT
#include "gic.h"

#include "panic.h"
#include "platform.h"
#include "sysreg.h"
#include "todo.h"

/* All interrupts have one priority, so none preempts another. */
#define PRIORITY	0xa0
#define PRIORITY_ALL	0xff	/* ICC_PMR_EL1: lets every priority through */

/* Find the redistributor with this core's affinity. */
static uint64_t find_redistributor(void)
{
	uint64_t mpidr = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
	/* Aff3 is at bit 32 in MPIDR_EL1 and at bit 24 here. */
	uint64_t affinity = (mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff);
	uint64_t typer;

	for (uint64_t rd = GICR_BASE; ; rd += GICR_FRAME_SIZE) {
		typer = mmio_read64(rd + GICR_TYPER);
		if (FIELD_GET(GICR_TYPER_AFFINITY, typer) == affinity)
			return rd;
		if (typer & GICR_TYPER_LAST)
			panic("no redistributor for MPIDR 0x%lx", mpidr);
	}
}

/* Wait until `bits` of the register at `reg` are all 0. */
static void wait_until_clear(uint64_t reg, uint32_t bits)
{
	while (mmio_read32(reg) & bits)
		;
}

static void write_distributor_control(uint32_t value)
{
	mmio_write32(GICD_BASE + GICD_CTLR, value);
	wait_until_clear(GICD_BASE + GICD_CTLR, GICD_CTLR_RWP);
}

/* All off, then affinity routing, then group 1: changing both at once is UNPREDICTABLE. */
static void init_distributor(void)
{
	write_distributor_control(0);
	write_distributor_control(GICD_CTLR_ARE);
	write_distributor_control(GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
}

static void wake_redistributor(void)
{
	uint32_t waker = mmio_read32(gic_redistributor + GICR_WAKER);

	mmio_write32(gic_redistributor + GICR_WAKER,
		     waker & ~GICR_WAKER_PROCESSOR_SLEEP);
	wait_until_clear(gic_redistributor + GICR_WAKER, GICR_WAKER_CHILDREN_ASLEEP);
}

static void init_redistributor(void)
{
	/* TODO(lab05.4): Disable all interrupts; level-sensitive, group 1, one priority. */
	todo("lab05.4", "init_redistributor() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
	/* END(lab05.4) */
}

static void enable_system_registers(void)
{
	write_sysreg(icc_sre_el2, ICC_SRE_EL2_ENABLE | ICC_SRE_SRE |
				  read_sysreg(icc_sre_el2));
	isb();		/* the other ICC_ registers are accessible only after this */
	write_sysreg(icc_sre_el1, ICC_SRE_SRE);
	isb();
	/* Always on for guests too: their writes to ICC_SRE_EL1 trap. */
	write_sysreg(icc_sre_el2, read_sysreg(icc_sre_el2) & ~ICC_SRE_EL2_ENABLE);
}

static void init_cpu_interface(void)
{
	/* TODO(lab05.4): Let every priority through, EOImode 1, group 1 on; in effect on return. */
	todo("lab05.4", "init_cpu_interface() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
	/* END(lab05.4) */
}

void gic_init(void)
{
	init_distributor();
	gic_init_core();
}

void gic_init_core(void)
{
	gic_redistributor = find_redistributor();
	wake_redistributor();
	init_redistributor();
	enable_system_registers();
	init_cpu_interface();
}

void gic_enable_ppi(unsigned int intid)
{
	mmio_write32(gic_redistributor + GICR_ISENABLER0, BIT(intid));
}

unsigned int gic_acknowledge(void)
{
	/* TODO(lab05.4): Read ICC_IAR1_EL1; then a barrier. */
	todo("lab05.4", "gic_acknowledge() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
	/* END(lab05.4) */
}

void gic_drop_priority(unsigned int intid)
{
	/* TODO(lab05.4): Write ICC_EOIR1_EL1, which only drops the priority in EOImode 1. */
	todo("lab05.4", "gic_drop_priority() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
	/* END(lab05.4) */
}

void gic_deactivate(unsigned int intid)
{
	/* TODO(lab05.4): Write ICC_DIR_EL1. */
	todo("lab05.4", "gic_deactivate() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
	/* END(lab05.4) */
}
