// SPDX-License-Identifier: MIT
#include "distributor.h"

#include "banks.h"
#include "error.h"
#include "mmio_frames.h"
#include "platform.h"
#include "string.h"

#define LAB_PRIORITY	VGIC_PRIORITY

static struct vcore *by_affinity(struct guest *guest, uint64_t affinity)
{
	return affinity < guest->cpu_count ? guest->cpu[affinity] : NULL;
}

/* IRM: any core, so the first that is on. */
static struct vcore *any_that_is_on(struct guest *guest)
{
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		if (power_of(guest->cpu[i]) == POWER_ON)
			return guest->cpu[i];
	return NULL;
}

struct vcore *gic_target(struct guest *guest, unsigned int intid)
{
	uint64_t router = guest->gic.router[intid];

	if (router & GICD_IROUTER_IRM)
		return any_that_is_on(guest);
	return by_affinity(guest, router);
}

void gic_leave_word(struct vcore *vcore, uint32_t word)
{
	__atomic_fetch_or(&vcore->gic.word, word, __ATOMIC_RELEASE);
	if (vcore->core != this_core())
		core_kick(vcore->core);
}

void gic_leave_words(struct guest *guest, struct vcore *owner, unsigned int bank,
		     uint32_t bits, uint32_t word)
{
	if (owner && bits)
		gic_leave_word(owner, word);
	for (; !owner && bits; bits &= bits - 1) {
		unsigned int intid = bank * 32 + __builtin_ctz(bits);
		struct vcore *target = gic_target(guest, intid);
		struct vcore *holder = guest->cpu[guest->gic.holder[intid]];

		if (target)
			gic_leave_word(target, word);
		/* It was rerouted while it was active: it may still be in the holder's list. */
		if (holder != target && (guest->gic.bank[bank].in_lr & BIT(intid % 32)))
			gic_leave_word(holder, word);
	}
}

/* The line of one interrupt has changed. For an edge-triggered one its rise is the event. */
static void set_line(struct gic_bank *bank, uint32_t bit, bool level)
{
	if (level)
		bank->pending |= bit & bank->config & ~bank->line;
	bank->line = level ? bank->line | bit : bank->line & ~bit;
}

void gic_set_line(struct guest *guest, unsigned int intid, bool level)
{
	struct distributor *gic = &guest->gic;
	unsigned int n = intid / 32;
	uint32_t bit = BIT(intid % 32);

	lock_take(&gic->lock);
	if (!!(gic->bank[n].line & bit) != level) {
		set_line(&gic->bank[n], bit, level);
		gic_note(gic, n);
		gic_leave_words(guest, NULL, n, bit, level ? GIC_MORE : GIC_LESS);
	}
	lock_release(&gic->lock);
}

void gic_set_private_line(struct vcore *vcore, unsigned int intid, bool level)
{
	struct distributor *gic = &vcore_guest(vcore)->gic;
	struct gic_bank *bank = &vcore->gic.bank;

	lock_take(&gic->lock);
	if (!!(bank->line & BIT(intid)) != level) {
		set_line(bank, BIT(intid), level);
		gic_leave_word(vcore, level ? GIC_MORE : GIC_LESS);
	}
	lock_release(&gic->lock);
}

/* One of the labs' guests has no distributor: its private interrupts are simply there. */
static void reset_redistributor(struct redistributor *gic, bool exists)
{
	*gic = (struct redistributor){
		.bank = { .config = 0xffff },		/* SGIs are edge-triggered */
		.asleep = exists,
		.intid = { GIC_NONE, GIC_NONE },
	};
	if (exists)
		return;
	gic->bank.enabled = gic->bank.group = ~0U;
	memset(gic->bank.priority, LAB_PRIORITY, sizeof(gic->bank.priority));
}

void gic_reset(struct guest *guest)
{
	struct distributor *gic = &guest->gic;
	bool exists = gic->exists;

	*gic = (struct distributor){
		.lock = LOCK_INIT(LOCK_GIC),
		.exists = exists,
		.ctlr = exists ? 0 : GICD_CTLR_ENABLE_GRP1,
	};
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		reset_redistributor(&guest->cpu[i]->gic, exists);
}

static int add_frames(struct guest *guest, const struct fdt *fdt, uint32_t node,
		      uint32_t index, uint64_t size, const struct aperture_ops *ops)
{
	struct fdt_range reg = { 0 };
	struct aperture aperture = { .size = size, .ops = ops, .device = guest };
	int error = fdt_reg(fdt, node, index, &reg);

	aperture.ipa = reg.address;
	if (!error && reg.size < size)
		error = E_INVALID;
	return error ? error : aperture_add(&guest->vm, &aperture);
}

int gic_create(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	int error = add_frames(guest, fdt, node, 1,
			       guest->cpu_count * GICR_FRAME_SIZE, &gicr_ops);

	/* The last is found first, and GICD is accessed more often. */
	if (!error)
		error = add_frames(guest, fdt, node, 0, GICD_SIZE, &gicd_ops);
	guest->gic.exists = !error;
	gic_reset(guest);
	return error;
}
