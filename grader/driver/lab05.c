// SPDX-License-Identifier: MIT
/*
 * For the contracts of lab 5: two vCPUs that never run, and their registers. A guest
 * that acknowledges and ends interrupts is played by this file.
 */
#include "driver.h"

#include "context.h"
#include "cpu.h"
#include "gic.h"
#include "platform.h"
#include "sched.h"
#include "slice.h"
#include "string.h"
#include "traps.h"
#include "vgic.h"
#include "vtimer.h"

#define GICR_ISPENDR0	(GICR_SGI_BASE + 0x0200)

static struct vm vm = { .name = "script" };
static struct context contexts[2];
static struct vcpu vcpus[2] = {
	{ .vm = &vm, .context = &contexts[0], .next = &vcpus[1] },
	{ .vm = &vm, .context = &contexts[1], .next = &vcpus[0], .id = 1 },
};
static struct vcpu *const loaded = &vcpus[0], *const other = &vcpus[1];

void lab05_start(void);
void lab05_quiet(void);
void lab05_vgic(uint64_t lr0, uint64_t lr1, uint64_t lr2, uint64_t vmcr, uint64_t waiting);
void lab05_lists(void);
void lab05_inject(uint64_t intid);
void lab05_vgic_refill(void);
bool lab05_acknowledge(uint64_t intid);
void lab05_end(uint64_t intid);
bool lab05_wakes(void);
void lab05_timer(uint64_t cval, uint64_t ctl, uint64_t offset);
void lab05_wait(uint64_t iss, uint64_t wake_at);
void lab05_pend(uint64_t intid);
void lab05_interrupt(bool expire);
void lab05_expire(void);
#define MOVED	9	/* as struct vgic_context and struct vtimer_context have them */
void lab05_move(const uint64_t mine[MOVED], const uint64_t others[MOVED], uint64_t waiting);

/* Once, in the order of the stage. */
void lab05_start(void)
{
	context_config();
	gic_init();
	vgic_init();
	sched_init();
}

/* Nothing is pending, active or on; `loaded` is the loaded vCPU. */
void lab05_quiet(void)
{
	write_sysreg(cnthp_ctl_el2, 0);
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntvoff_el2, 0);
	isb();
	while (gic_acknowledge() < INTID_SPECIAL)
		;
	mmio_write32(gic_redistributor + GICR_ICPENDR0, ~0U);
	mmio_write32(gic_redistributor + GICR_ICACTIVER0, ~0U);
	write_sysreg(icc_ap1r0_el1, 0);
	lab05_vgic(0, 0, 0, 0, 0);
	this_cpu()->loaded = loaded;
	loaded->state = VCPU_RUNNABLE;
	loaded->context->sched = (struct sched_context){ .turns = 0 };
}

void lab05_vgic(uint64_t lr0, uint64_t lr1, uint64_t lr2, uint64_t vmcr, uint64_t waiting)
{
	write_sysreg(ich_hcr_el2, ICH_HCR_EL2_EN);
	write_sysreg(ich_lr0_el2, lr0);
	write_sysreg(ich_lr1_el2, lr1);
	write_sysreg(ich_lr2_el2, lr2);
	write_sysreg(ich_vmcr_el2, vmcr);
	loaded->context->vgic.waiting = waiting;
	isb();
}

/* Record the three list registers, what waits, and ICH_HCR_EL2. */
void lab05_lists(void)
{
	record(RECORD_EVENT, (const uint64_t[]){
		read_sysreg(ich_lr0_el2), read_sysreg(ich_lr1_el2),
		read_sysreg(ich_lr2_el2), loaded->context->vgic.waiting,
		read_sysreg(ich_hcr_el2) }, 5);
}

void lab05_inject(uint64_t intid)
{
	vgic_inject(loaded, (unsigned int)intid);
}

void lab05_vgic_refill(void)
{
	vgic_refill(&loaded->context->vgic);
}

static uint64_t read_list(unsigned int n)
{
	return n == 1 ? read_sysreg(ich_lr1_el2) : read_sysreg(ich_lr2_el2);
}

static void write_list(unsigned int n, uint64_t lr)
{
	if (n == 1)
		write_sysreg(ich_lr1_el2, lr);
	else
		write_sysreg(ich_lr2_el2, lr);
}

/* The list register of software that holds `intid` in one of these states; 0 if none does. */
static unsigned int find_list(uint64_t intid, uint64_t states)
{
	for (unsigned int n = 1; n < VGIC_LRS; n++)
		if ((read_list(n) & states) && FIELD_GET(ICH_LR_VINTID, read_list(n)) == intid)
			return n;
	return 0;
}

/* As the guest would: pending becomes active. It cannot while `intid` is active. */
bool lab05_acknowledge(uint64_t intid)
{
	unsigned int n = find_list(intid, ICH_LR_PENDING);

	if (!n || (read_list(n) & ICH_LR_ACTIVE))
		return false;
	write_list(n, read_list(n) ^ ICH_LR_STATE);
	return true;
}

/* Active becomes inactive; pending, if it is that too, it stays. */
void lab05_end(uint64_t intid)
{
	unsigned int n = find_list(intid, ICH_LR_ACTIVE);

	if (n)
		write_list(n, read_list(n) & ~ICH_LR_ACTIVE);
}

bool lab05_wakes(void)
{
	return vgic_wakes(loaded);
}

void lab05_timer(uint64_t cval, uint64_t ctl, uint64_t offset)
{
	write_sysreg(cntvoff_el2, offset);
	write_sysreg(cntv_cval_el0, cval);
	write_sysreg(cntv_ctl_el0, ctl);
	isb();
}

/* A trapped WFI or WFE: record what became of the vCPU. `wake_at` is what was there before. */
void lab05_wait(uint64_t iss, uint64_t wake_at)
{
	struct sched_context *sched = &loaded->context->sched;
	uint64_t before = counter_now(), result;

	sched->wake_at = wake_at;
	write_sysreg(esr_el2, (uint64_t)EC_WFX << 26 | iss);
	write_sysreg(elr_el2, 0x41000000);
	result = trap_handle(loaded, EXIT_SYNC);
	record(RECORD_EVENT, (const uint64_t[]){
		result, loaded->state, sched->wake_at, sched->ended_by_wait,
		read_sysreg(elr_el2) - 0x41000000, before, counter_now() }, 7);
}

/* Pending in the GIC though no line is up, as one that goes down late is. */
void lab05_pend(uint64_t intid)
{
	mmio_write32(gic_redistributor + GICR_ISPENDR0, BIT(intid));
}

/* EL2's own timer expires. */
void lab05_expire(void)
{
	slice_at(counter_now());
	isb();
}

/*
 * An IRQ exit: record its result, turns ended by slice, list register 0, which PPIs are
 * active, and what is acknowledged next. Before that EL2's timer may expire.
 */
void lab05_interrupt(bool expire)
{
	uint64_t result = trap_handle(loaded, EXIT_IRQ);
	uint64_t active = mmio_read32(gic_redistributor + GICR_ISACTIVER0);

	if (expire)
		lab05_expire();
	record(RECORD_EVENT, (const uint64_t[]){
		result, loaded->context->sched.ended_by_slice,
		read_sysreg(ich_lr0_el2), active, gic_acknowledge() }, 5);
}

static void fill(const uint64_t words[MOVED])
{
	write_sysreg(ich_lr0_el2, words[0]);
	write_sysreg(ich_lr1_el2, words[1]);
	write_sysreg(ich_lr2_el2, words[2]);
	write_sysreg(ich_ap1r0_el2, words[3]);
	write_sysreg(ich_ap0r0_el2, words[4]);
	write_sysreg(ich_vmcr_el2, words[5]);
	lab05_timer(words[6], words[7], words[8]);
}

/* What the registers hold; ISTATUS is nothing that is stored. */
static void read_back(uint64_t words[MOVED])
{
	words[0] = read_sysreg(ich_lr0_el2);
	words[1] = read_sysreg(ich_lr1_el2);
	words[2] = read_sysreg(ich_lr2_el2);
	words[3] = read_sysreg(ich_ap1r0_el2);
	words[4] = read_sysreg(ich_ap0r0_el2);
	words[5] = read_sysreg(ich_vmcr_el2);
	words[6] = read_sysreg(cntv_cval_el0);
	words[7] = read_sysreg(cntv_ctl_el0) & ~CNT_CTL_ISTATUS;
	words[8] = read_sysreg(cntvoff_el2);
}

/*
 * A switch from the loaded vCPU, whose registers hold `mine`, to one whose context
 * holds `others`, with INTIDs that wait. Record what the registers held, the first one's context, what the
 * other's was, and the registers; then whether PPI 27 is active, and ICH_HCR_EL2.
 */
void lab05_move(const uint64_t mine[MOVED], const uint64_t others[MOVED], uint64_t waiting)
{
	struct context *from = loaded->context, *to = other->context;
	uint64_t words[MOVED];

	*from = (struct context){ .vttbr = U64(5) << 48 };
	*to = (struct context){ .vttbr = U64(6) << 48 };
	fill(others);
	read_back(words);
	memcpy(to->vgic.lr, words, 6 * sizeof(*words));
	to->vtimer = (struct vtimer_context){ words[6], words[7], words[8] };
	to->vgic.waiting = waiting;
	write_sysreg(ich_hcr_el2, waiting ? 0 : ICH_HCR_EL2_UIE);
	fill(mine);
	gic_set_active(PPI_VTIMER, mine[0] & ICH_LR_STATE);
	from->vtimer.offset = mine[8];
	read_back(words);
	record(RECORD_EVENT, words, MOVED);
	context_switch(other);
	memcpy(words, from->vgic.lr, 6 * sizeof(*words));
	words[6] = from->vtimer.cval;
	words[7] = from->vtimer.ctl & ~CNT_CTL_ISTATUS;
	words[8] = from->vtimer.offset;
	record(RECORD_EVENT, words, MOVED);
	memcpy(words, to->vgic.lr, 6 * sizeof(*words));
	words[6] = to->vtimer.cval;
	words[7] = to->vtimer.ctl;
	words[8] = to->vtimer.offset;
	record(RECORD_EVENT, words, MOVED);
	read_back(words);
	record(RECORD_EVENT, words, MOVED);
	record(RECORD_EVENT, (const uint64_t[]){
		mmio_read32(gic_redistributor + GICR_ISACTIVER0) >> PPI_VTIMER & 1,
		read_sysreg(ich_hcr_el2) & (ICH_HCR_EL2_EN | ICH_HCR_EL2_UIE) }, 2);
}

const void *const lab05_functions[] = {
	lab05_start, lab05_quiet, lab05_vgic, lab05_lists,
	lab05_inject, lab05_vgic_refill, lab05_acknowledge, lab05_end,
	lab05_wakes, lab05_timer, lab05_wait, lab05_pend,
	lab05_expire, lab05_interrupt, lab05_move,
	vgic_timer, vtimer_deadline, vtimer_fires, counter_ticks,
};
