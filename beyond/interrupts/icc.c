// SPDX-License-Identifier: MIT
/*
 * Registers of the CPU interface that trap: SGIs, ICC_DIR_EL1 while ICH_HCR_EL2.TDIR is set,
 * and ICC_SRE_EL1. Lab 5's vgic_init() is here.
 */
#include "banks.h"
#include "gic.h"
#include "lists.h"
#include "panic.h"
#include "sysreg_trap.h"

/* Make SGI `intid` pending for a vCPU, if its group there is `group`. With the lock. */
static void raise(struct vcore *vcore, unsigned int intid, bool group)
{
	struct gic_bank *bank = &vcore->gic.bank;

	if (!!(bank->group & BIT(intid)) != group || (bank->pending & BIT(intid)))
		return;
	bank->pending |= BIT(intid);
	gic_leave_word(vcore, GIC_MORE);
}

/* The vCPUs that a value of ICC_SGI<n>R_EL1 names: a bit each. */
static uint32_t targets(const struct vcore *sender, uint64_t value)
{
	const struct guest *guest = vcore_guest(sender);
	uint64_t affinity = value & (GENMASK(55, 48) | GENMASK(39, 32) | GENMASK(23, 16) |
				     ICC_SGI1R_RS);
	uint32_t all = BIT(guest->cpu_count) - 1;

	if (value & ICC_SGI1R_IRM)
		return all & ~BIT(sender->index);
	/* All vCPUs have affinity 0.0.0.n, and n is below 16. */
	return affinity ? 0 : value & ICC_SGI1R_TARGETS & all;
}

static void send(struct vcore *sender, uint64_t value, bool group)
{
	struct guest *guest = vcore_guest(sender);

	lock_take(&guest->gic.lock);
	for (uint32_t left = targets(sender, value); left; left &= left - 1)
		raise(guest->cpu[__builtin_ctz(left)], FIELD_GET(ICC_SGI1R_INTID, value), group);
	lock_release(&guest->gic.lock);
}

static void write_sgi1r(struct vcpu *vcpu, uint64_t value)
{
	send(vcore_of(vcpu), value, true);
}

static void write_sgi0r(struct vcpu *vcpu, uint64_t value)
{
	send(vcore_of(vcpu), value, false);
}

/* For the other Security state, which a VM does not have. */
static void write_asgi1r(struct vcpu *vcpu, uint64_t value)
{
	(void)vcpu;
	(void)value;
}

static void write_dir(struct vcpu *vcpu, uint64_t value)
{
	gic_deactivate_for(vcore_of(vcpu), value & GENMASK(23, 0));
}

/* The system register interface is always on. */
static uint64_t read_sre(struct vcpu *vcpu)
{
	(void)vcpu;
	return ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
}

static void write_sre(struct vcpu *vcpu, uint64_t value)
{
	(void)vcpu;
	(void)value;
}

static const struct sysreg_trap rows[] = {
	{ .reg = ISS_SYS(3, 0, 12, 11, 5), .write = write_sgi1r },
	{ .reg = ISS_SYS(3, 0, 12, 11, 6), .write = write_asgi1r },
	{ .reg = ISS_SYS(3, 0, 12, 11, 7), .write = write_sgi0r },
	{ .reg = ISS_SYS(3, 0, 12, 11, 1), .write = write_dir },
	{ .reg = ISS_SYS(3, 0, 12, 12, 5), .read = read_sre, .write = write_sre },
};

void vgic_init(void)
{
	uint64_t vtr = read_sysreg(ich_vtr_el2);

	if (FIELD_GET(ICH_VTR_EL2_LISTREGS, vtr) + 1 < VGIC_LRS)
		panic("this core has fewer than %d list registers", VGIC_LRS);
	if (FIELD_GET(ICH_VTR_EL2_PREBITS, vtr) + 1 > 5)
		panic("more active priority registers than the context has");
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		sysreg_trap_add(&rows[i]);
}
