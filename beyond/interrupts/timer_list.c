// SPDX-License-Identifier: MIT
#include "timer_list.h"

#include "banks.h"
#include "gic.h"
#include "lists.h"
#include "platform.h"
#include "vtimer.h"

#define TIMER	BIT(PPI_VTIMER)

bool gic_holds_timer(void)
{
	return this_core()->holds_timer;
}

/* Let the physical interrupt come again. */
static void release(void)
{
	this_core()->holds_timer = false;
	gic_set_active(PPI_VTIMER, false);
}

static bool let_through(const struct vcore *vcore)
{
	const struct gic_bank *bank = &vcore->gic.bank;
	uint32_t enable = bank->group & TIMER ? GICD_CTLR_ENABLE_GRP1 : GICD_CTLR_ENABLE_GRP0;

	return (bank->enabled & TIMER) && (vcore_guest(vcore)->gic.ctlr & enable) &&
	       !((bank->active | bank->in_lr) & TIMER) && !vcore->gic.asleep;
}

/* The physical interrupt is active, and the line is up: show it, or hold it. */
static void show_or_hold(struct vcore *vcore)
{
	struct gic_bank *bank = &vcore->gic.bank;
	bool shown = let_through(vcore);

	this_core()->holds_timer = !shown;
	if (shown)
		write_sysreg(ich_lr0_el2,
			     ICH_LR_PENDING | ICH_LR_HW |
			     (bank->group & TIMER ? ICH_LR_GROUP1 : 0) |
			     FIELD_PREP(ICH_LR_PRIORITY, bank->priority[PPI_VTIMER]) |
			     FIELD_PREP(ICH_LR_PINTID, PPI_VTIMER) |
			     FIELD_PREP(ICH_LR_VINTID, PPI_VTIMER));
}

void vgic_timer(void)
{
	struct vcore *vcore = vcore_of(this_cpu()->loaded);
	struct distributor *gic = &vcore_guest(vcore)->gic;

	lock_take(&gic->lock);
	show_or_hold(vcore);
	lock_release(&gic->lock);
}

void timer_list_fold(struct vcore *vcore)
{
	uint64_t lr = read_sysreg(ich_lr0_el2);

	(void)vcore;
	/* Not taken yet: it is shown again if it still may be. */
	if ((lr & ICH_LR_STATE) == ICH_LR_PENDING) {
		write_sysreg(ich_lr0_el2, 0);
		this_core()->holds_timer = true;
	}
}

void timer_list_fill(struct vcore *vcore)
{
	if (vtimer_fires())
		show_or_hold(vcore);
	else
		release();		/* the line went down: it is retracted */
}

static void drop_lr0(void)
{
	write_sysreg(ich_lr0_el2, 0);
	release();
}

void timer_list_deactivate(void)
{
	if (read_sysreg(ich_lr0_el2) & ICH_LR_ACTIVE)
		drop_lr0();
}

void timer_list_turn_off(void)
{
	if (this_core()->holds_timer || (read_sysreg(ich_lr0_el2) & ICH_LR_STATE))
		drop_lr0();
}

/* context_switch() moves LR0 and its physical state. What is held comes again when loaded. */
void timer_list_unload(void)
{
	if (this_core()->holds_timer)
		release();
}
