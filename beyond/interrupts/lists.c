// SPDX-License-Identifier: MIT
/*
 * List registers by priority. LR1 and LR2 hold what the guest should take next; LR0 is the
 * virtual timer's, linked to the physical interrupt (timer_list.c).
 *
 * Whenever something has changed, all is folded back into the banks and chosen again: first
 * the pending interrupts of the highest priority, then active ones, because only a pending
 * one in a list register can be signalled. What has to wait is brought in by maintenance
 * interrupts: NPIE, when no list register is pending any more; the EOI bit of a
 * level-sensitive interrupt, whose line may still be up. Active interrupts without a list
 * register are ended by EOIcount (LRENPIE) or by a trapped ICC_DIR_EL1 (TDIR).
 */
#include "lists.h"

#include "banks.h"
#include "barrier.h"
#include "gic.h"
#include "platform.h"
#include "timer_list.h"

/* LR1 and LR2, by index 0 and 1. */
static uint64_t read_lr(unsigned int n)
{
	return n ? read_sysreg(ich_lr2_el2) : read_sysreg(ich_lr1_el2);
}

static void write_lr(unsigned int n, uint64_t lr)
{
	if (n)
		write_sysreg(ich_lr2_el2, lr);
	else
		write_sysreg(ich_lr1_el2, lr);
}

static void note(struct vcore *vcore, unsigned int intid)
{
	if (intid >= GIC_PRIVATE)
		gic_note(&vcore_guest(vcore)->gic, intid / 32);
}

/* An SPI that is free again may be pending, and be another vCPU's by now. */
static void pass_on(struct vcore *vcore, const struct gic_bank *bank, unsigned int intid)
{
	struct vcore *target;

	if (intid < GIC_PRIVATE || !(gic_pending(bank) & BIT(intid % 32)))
		return;
	target = gic_target(vcore_guest(vcore), intid);
	if (target && target != vcore)
		gic_leave_word(target, GIC_MORE);
}

/*
 * What became of an interrupt in a list register: is it active, has the guest taken it? Only a
 * change counts: another vCPU may have written ICACTIVER or ISACTIVER since the last look.
 */
static void look(struct vcore *vcore, unsigned int intid, uint64_t lr)
{
	struct gic_bank *bank = gic_bank_of(vcore, intid);
	uint32_t bit = BIT(intid % 32), active = lr & ICH_LR_ACTIVE ? bit : 0;

	if ((bank->lr_active & bit) != active) {
		bank->lr_active ^= bit;
		bank->active = (bank->active & ~bit) | active;
		if (intid >= GIC_PRIVATE)
			vcore_guest(vcore)->gic.holder[intid] = vcore->index;
	}
	if (!(lr & ICH_LR_PENDING)) {
		bank->lr_pending &= ~bit;
		bank->lr_latched &= ~bit;
	}
}

/* Interrupt `intid` leaves the list register with `lr`; what is left goes into its bank. */
static void fold(struct vcore *vcore, unsigned int intid, uint64_t lr)
{
	struct gic_bank *bank = gic_bank_of(vcore, intid);
	uint32_t bit = BIT(intid % 32);

	look(vcore, intid, lr);
	bank->pending |= bank->lr_latched & bit;	/* not taken yet */
	bank->in_lr &= ~bit;
	bank->lr_pending &= ~bit;
	bank->lr_latched &= ~bit;
	note(vcore, intid);
	pass_on(vcore, bank, intid);
}

/* Write into the banks what a vCPU's list registers say; they stay as they are. */
static void publish(struct vcore *vcore)
{
	const uint64_t *saved = vcore->context.vgic.lr;

	lock_take(&vcore_guest(vcore)->gic.lock);
	for (unsigned int n = 0; n < GIC_LRS; n++) {
		unsigned int intid = vcore->gic.intid[n];
		bool loaded = this_cpu()->loaded == &vcore->vcpu;

		if (intid != GIC_NONE)
			look(vcore, intid, loaded ? read_lr(n) : saved[n + 1]);
	}
	lock_release(&vcore_guest(vcore)->gic.lock);
}

void gic_answer(void)
{
	struct core *core = this_core();
	struct vcpu *last = core->last, *vcpu = last;

	if (!last || !__atomic_load_n(&core->gic_asked, __ATOMIC_ACQUIRE))
		return;
	/* Before the look: who asks later is answered later. */
	__atomic_store_n(&core->gic_asked, false, __ATOMIC_RELAXED);
	dmb(ish);
	do {
		vcpu = vcpu->next;
		publish(vcore_of(vcpu));
	} while (vcpu != last);
	__atomic_fetch_add(&core->gic_answers, 1, __ATOMIC_RELEASE);
}

/* The core has answered since it had given `before` answers. Answer others meanwhile. */
static void wait_for_answer(const struct core *core, uint64_t before)
{
	while (__atomic_load_n(&core->gic_answers, __ATOMIC_ACQUIRE) == before) {
		gic_answer();
		__asm__ volatile("yield");
	}
}

void gic_ask(const struct guest *guest)
{
	for (unsigned int i = 0; i < guest->cpu_count; i++) {
		struct core *core = guest->cpu[i]->core;
		uint64_t before = __atomic_load_n(&core->gic_answers, __ATOMIC_ACQUIRE);

		__atomic_store_n(&core->gic_asked, true, __ATOMIC_RELEASE);
		if (core != this_core())
			core_kick(core);
		wait_for_answer(core, before);
	}
}

/* Call visit(vcore, bank, first INTID) for each bank that may concern the vCPU. */
static inline __attribute__((always_inline))
void for_each_bank(struct vcore *vcore, void *arg,
		   void (*visit)(struct vcore *, struct gic_bank *, unsigned int, void *))
{
	struct distributor *gic = &vcore_guest(vcore)->gic;

	visit(vcore, &vcore->gic.bank, 0, arg);
	for (uint32_t busy = gic->busy; busy; busy &= busy - 1) {
		unsigned int n = __builtin_ctz(busy);

		visit(vcore, &gic->bank[n], n * 32, arg);
	}
}

/* The best interrupt so far. */
struct choice {
	bool active;		/* look for active ones, else for pending ones */
	uint32_t priority;	/* 256: none yet */
	unsigned int intid;
};

/* Interrupts that are pending and enabled, and their group too. */
static uint32_t may_pend(const struct distributor *gic, const struct gic_bank *bank)
{
	uint32_t groups = (gic->ctlr & GICD_CTLR_ENABLE_GRP1 ? bank->group : 0) |
			  (gic->ctlr & GICD_CTLR_ENABLE_GRP0 ? ~bank->group : 0);

	return gic_pending(bank) & bank->enabled & groups;
}

/* An active SPI is that of the vCPU that took it, wherever IROUTER sends the next one. */
static bool is_of(struct vcore *vcore, unsigned int intid, bool active)
{
	struct guest *guest = vcore_guest(vcore);

	if (intid < GIC_PRIVATE)
		return true;
	if (active)
		return guest->gic.holder[intid] == vcore->index;
	return gic_target(guest, intid) == vcore;
}

static void choose_in(struct vcore *vcore, struct gic_bank *bank, unsigned int first,
		      void *arg)
{
	struct guest *guest = vcore_guest(vcore);
	struct choice *best = arg;
	uint32_t bits = best->active ? bank->active :
			may_pend(&guest->gic, bank) & ~bank->active;

	for (bits &= ~bank->in_lr; bits; bits &= bits - 1) {
		unsigned int n = __builtin_ctz(bits);

		if (bank->priority[n] < best->priority &&
		    is_of(vcore, first + n, best->active)) {
			best->priority = bank->priority[n];
			best->intid = first + n;
		}
	}
}

static bool choose(struct vcore *vcore, bool active, struct choice *best)
{
	*best = (struct choice){ .active = active, .priority = 256 };
	for_each_bank(vcore, best, choose_in);
	return best->priority < 256;
}

/* Put an interrupt into list register `n`. A level-sensitive one reports its end. */
static void put(struct vcore *vcore, unsigned int n, const struct choice *chosen)
{
	struct gic_bank *bank = gic_bank_of(vcore, chosen->intid);
	uint32_t bit = BIT(chosen->intid % 32);
	uint64_t lr = FIELD_PREP(ICH_LR_PRIORITY, chosen->priority) |
		      FIELD_PREP(ICH_LR_VINTID, chosen->intid);

	if (bank->group & bit)
		lr |= ICH_LR_GROUP1;
	bank->lr_active &= ~bit;
	if (bank->active & bit) {
		lr |= ICH_LR_ACTIVE;
		bank->lr_active |= bit;
	}
	if (may_pend(&vcore_guest(vcore)->gic, bank) & bit) {
		lr |= ICH_LR_PENDING;
		bank->lr_pending |= bit;
		bank->lr_latched |= bank->pending & bit;
		bank->pending &= ~bit;
	}
	if (!(bank->config & bit))
		lr |= ICH_LR_EOI;
	bank->in_lr |= bit;
	vcore->gic.intid[n] = chosen->intid;
	write_lr(n, lr);
}

/*
 * The guest has ended active interrupts that have no list register: EOIcount of them, each the
 * one of the highest priority at that moment. In EOImode 1 only ICC_DIR_EL1 ends one, and that
 * traps; but QEMU counts writes of ICC_EOIR1_EL1 then too.
 */
static void end_without_lr(struct vcore *vcore)
{
	uint64_t count = FIELD_GET(ICH_HCR_EL2_EOICOUNT, read_sysreg(ich_hcr_el2));
	struct choice ended;

	for (; count && choose(vcore, true, &ended); count--) {
		gic_bank_of(vcore, ended.intid)->active &= ~BIT(ended.intid % 32);
		note(vcore, ended.intid);
	}
}

/* noinline keeps gic_fold() small: mostly there is nothing. */
static __attribute__((noinline)) void fold_all(struct vcore *vcore)
{
	if ((vcore->gic.hcr & ICH_HCR_EL2_LRENPIE) &&
	    !(read_sysreg(ich_vmcr_el2) & ICH_VMCR_EL2_VEOIM))
		end_without_lr(vcore);
	for (unsigned int n = 0; n < GIC_LRS; n++) {
		if (vcore->gic.intid[n] == GIC_NONE)
			continue;
		fold(vcore, vcore->gic.intid[n], read_lr(n));
		write_lr(n, 0);
		vcore->gic.intid[n] = GIC_NONE;
	}
	timer_list_fold(vcore);
}

void gic_fold(struct vcore *vcore)
{
	/* Only a vCPU with both list registers in use counts what it ends (LRENPIE). */
	if (vcore->gic.intid[0] != GIC_NONE || vcore->gic.intid[1] != GIC_NONE ||
	    (read_sysreg(ich_lr0_el2) & ICH_LR_STATE))
		fold_all(vcore);
}

/* Choose for both list registers; return what ICH_HCR_EL2 has to report later. */
static uint64_t choose_all(struct vcore *vcore)
{
	const struct gic_bank *private = &vcore->gic.bank;
	struct choice best;
	uint64_t hcr = ICH_HCR_EL2_EN;
	unsigned int n = 0;

	if (!(private->pending | private->line | private->active) &&
	    !vcore_guest(vcore)->gic.busy)
		return hcr;		/* as most of the time */
	while (choose(vcore, false, &best)) {
		if (n == GIC_LRS) {
			hcr |= ICH_HCR_EL2_NPIE;	/* some pending ones wait */
			break;
		}
		put(vcore, n++, &best);
	}
	while (choose(vcore, true, &best)) {
		if (n == GIC_LRS)
			return hcr | ICH_HCR_EL2_LRENPIE | ICH_HCR_EL2_TDIR;
		put(vcore, n++, &best);
	}
	return hcr;
}

void gic_fill(struct vcore *vcore)
{
	__atomic_store_n(&vcore->gic.word, 0, __ATOMIC_RELAXED);
	if (this_core()->holds_timer)
		timer_list_fill(vcore);
	vcore->gic.hcr = vcore->gic.asleep ? ICH_HCR_EL2_EN : choose_all(vcore);
	write_sysreg(ich_hcr_el2, vcore->gic.hcr);
}

void gic_take_word(struct vcore *vcore)
{
	struct lock *lock = &vcore_guest(vcore)->gic.lock;

	lock_take(lock);
	gic_fold(vcore);
	gic_fill(vcore);
	lock_release(lock);
}

/*
 * The maintenance interrupt. Everything that it reports is mended by choosing again, so its
 * line goes down: what waits is pending in a list register now, and EOIcount is 0.
 */
void vgic_refill(struct vgic_context *vgic)
{
	(void)vgic;
	gic_take_word(vcore_of(this_cpu()->loaded));
}

void vgic_inject(struct vcpu *vcpu, unsigned int intid)
{
	struct vcore *vcore = vcore_of(vcpu);
	struct distributor *gic = &vcore_guest(vcore)->gic;

	lock_take(&gic->lock);
	vcore->gic.bank.pending |= BIT(intid);
	gic_leave_word(vcore, GIC_MORE);
	lock_release(&gic->lock);
}

void gic_deactivate_for(struct vcore *vcore, unsigned int intid)
{
	struct lock *lock = &vcore_guest(vcore)->gic.lock;

	if (intid >= GIC_INTIDS)
		return;
	lock_take(lock);
	gic_fold(vcore);
	gic_bank_of(vcore, intid)->active &= ~BIT(intid % 32);
	note(vcore, intid);
	if (intid == PPI_VTIMER)
		timer_list_deactivate();
	gic_fill(vcore);
	lock_release(lock);
}

void gic_turn_on(struct vcore *vcore)
{
	gic_leave_word(vcore, GIC_MORE);
}

void gic_turn_off(struct vcore *vcore)
{
	struct distributor *gic = &vcore_guest(vcore)->gic;

	lock_take(&gic->lock);
	gic_fold(vcore);
	timer_list_turn_off();
	vcore->gic.hcr = 0;
	write_sysreg(ich_hcr_el2, 0);	/* or it reports empty list registers again and again */
	/* SPIs for any vCPU that is on are another's now. */
	for (uint32_t busy = gic->busy; busy; busy &= busy - 1) {
		unsigned int n = __builtin_ctz(busy);

		gic_leave_words(vcore_guest(vcore), NULL, n, gic_pending(&gic->bank[n]), GIC_MORE);
	}
	__atomic_store_n(&vcore->gic.word, 0, __ATOMIC_RELAXED);
	lock_release(&gic->lock);
}

void gic_unload(struct vcore *vcore)
{
	/*
	 * What waits needs the maintenance interrupt, which context_switch() does not set up:
	 * choose again when the vCPU is loaded again. EOIcount is not saved, so fold it now.
	 */
	if (vcore->gic.hcr & ~ICH_HCR_EL2_EN) {
		gic_take_word(vcore);
		gic_leave_word(vcore, GIC_MORE);
	}
	timer_list_unload();	/* last: what is held, the next vCPU must not inherit */
}

/* An interrupt in a list register that the guest's CPU interface lets through. */
static bool lr_wakes(uint64_t lr, uint64_t vmcr)
{
	uint64_t enabled = lr & ICH_LR_GROUP1 ? ICH_VMCR_EL2_VENG1 : ICH_VMCR_EL2_VENG0;

	return (lr & ICH_LR_PENDING) && !(lr & ICH_LR_ACTIVE) && (vmcr & enabled) &&
	       FIELD_GET(ICH_LR_PRIORITY, lr) < FIELD_GET(ICH_VMCR_EL2_VPMR, vmcr);
}

bool vgic_wakes(const struct vcpu *vcpu)
{
	uint64_t vmcr = read_sysreg(ich_vmcr_el2);

	(void)vcpu;
	return lr_wakes(read_sysreg(ich_lr0_el2), vmcr) || lr_wakes(read_lr(0), vmcr) ||
	       lr_wakes(read_lr(1), vmcr);
}
