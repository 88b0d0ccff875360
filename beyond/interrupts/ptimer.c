// SPDX-License-Identifier: MIT
#include "ptimer.h"

#include "guest.h"
#include "sysreg_trap.h"
#include "vtimer.h"
#include "wait.h"

/* The guest's time: what CNTVCT_EL0 shows, whether the vCPU is loaded or not. */
static uint64_t guest_time(const struct vcore *vcore, uint64_t now)
{
	return now - vcore_guest(vcore)->epoch;
}

static bool is_due(const struct vcore *vcore, uint64_t now)
{
	return (vcore->ptimer.ctl & CNT_CTL_ENABLE) &&
	       guest_time(vcore, now) >= vcore->ptimer.cval;
}

uint64_t ptimer_deadline(const struct vcore *vcore, uint64_t now)
{
	const struct ptimer *timer = &vcore->ptimer;

	if ((timer->ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) != CNT_CTL_ENABLE)
		return VTIMER_NEVER;
	if (is_due(vcore, now))
		return vcore->gic.bank.line & BIT(PPI_PTIMER) ? VTIMER_NEVER : now;
	/* A deadline beyond the end of the counter never comes. */
	if (timer->cval > VTIMER_NEVER - vcore_guest(vcore)->epoch)
		return VTIMER_NEVER;
	return timer->cval + vcore_guest(vcore)->epoch;
}

void ptimer_update(struct vcore *vcore, uint64_t now)
{
	bool up = is_due(vcore, now) && !(vcore->ptimer.ctl & CNT_CTL_IMASK);

	if (up != !!(vcore->gic.bank.line & BIT(PPI_PTIMER)))
		gic_set_private_line(vcore, PPI_PTIMER, up);
}

static uint64_t read_ctl(struct vcpu *vcpu)
{
	struct vcore *vcore = vcore_of(vcpu);
	uint64_t now = read_sysreg(cntpct_el0);

	return vcore->ptimer.ctl | (is_due(vcore, now) ? CNT_CTL_ISTATUS : 0);
}

static void write_ctl(struct vcpu *vcpu, uint64_t value)
{
	vcore_of(vcpu)->ptimer.ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
	core_timer_changed(vcpu);
}

static uint64_t read_cval(struct vcpu *vcpu)
{
	return vcore_of(vcpu)->ptimer.cval;
}

static void write_cval(struct vcpu *vcpu, uint64_t value)
{
	vcore_of(vcpu)->ptimer.cval = value;
	core_timer_changed(vcpu);
}

/* CNTP_TVAL_EL0: what is left, as a signed number of 32 bits. */
static uint64_t read_tval(struct vcpu *vcpu)
{
	return (uint32_t)(vcore_of(vcpu)->ptimer.cval - read_sysreg(cntvct_el0));
}

static void write_tval(struct vcpu *vcpu, uint64_t value)
{
	write_cval(vcpu, read_sysreg(cntvct_el0) + (int64_t)(int32_t)value);
}

static uint64_t read_count(struct vcpu *vcpu)
{
	(void)vcpu;
	return read_sysreg(cntvct_el0);
}

static const struct sysreg_trap rows[] = {
	{ .reg = ISS_SYS(3, 3, 14, 0, 1), .read = read_count },
	{ .reg = ISS_SYS(3, 3, 14, 2, 0), .read = read_tval, .write = write_tval },
	{ .reg = ISS_SYS(3, 3, 14, 2, 1), .read = read_ctl, .write = write_ctl },
	{ .reg = ISS_SYS(3, 3, 14, 2, 2), .read = read_cval, .write = write_cval },
};

void ptimer_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		sysreg_trap_add(&rows[i]);
}
