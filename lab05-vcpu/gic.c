// SPDX-License-Identifier: MIT
#include "gic.h"

#include "panic.h"
#include "platform.h"
#include "sysreg.h"
#include "todo.h"

/* All interrupts have one priority, so none preempts another. */
#define PRIORITY	0xa0
#define PRIORITY_ALL	0xff	/* ICC_PMR_EL1: lets every priority through */

uint64_t gic_redistributor;

/* The redistributor whose affinity is this core's, of the row that QEMU has. */
static uint64_t find_redistributor(void)
{
	/* TODO(lab05.4): Compare GICR_TYPER with MPIDR_EL1, frame by frame. */
	todo("lab05.4", "find_redistributor() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

static void init_distributor(void)
{
	/* TODO(lab05.4): All off, affinity routing, then group 1 on; each in effect first. */
	todo("lab05.4", "init_distributor() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

static void init_redistributor(void)
{
	/* TODO(lab05.4): Wake it up; all its interrupts in group 1, off, of one priority. */
	todo("lab05.4", "init_redistributor() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

static void init_cpu_interface(void)
{
	/* TODO(lab05.4): System registers, every priority, EOImode 1, group 1 on. */
	todo("lab05.4", "init_cpu_interface() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

void gic_init(void)
{
	gic_redistributor = find_redistributor();
	init_distributor();
	init_redistributor();
	init_cpu_interface();
}

void gic_enable_ppi(unsigned int intid)
{
	mmio_write32(gic_redistributor + GICR_ISENABLER0, BIT(intid));
}

unsigned int gic_acknowledge(void)
{
	/* TODO(lab05.4): ICC_IAR1_EL1, and what must wait for it. */
	todo("lab05.4", "gic_acknowledge() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

void gic_drop_priority(unsigned int intid)
{
	/* TODO(lab05.4): ICC_EOIR1_EL1, which in EOImode 1 does no more than that. */
	todo("lab05.4", "gic_drop_priority() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}

void gic_deactivate(unsigned int intid)
{
	/* TODO(lab05.4): ICC_DIR_EL1. */
	todo("lab05.4", "gic_deactivate() in lab05-vcpu/gic.c, read lab05-vcpu/README.md#task-4");
}
