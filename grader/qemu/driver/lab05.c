// SPDX-License-Identifier: MIT
/*
 * For the contracts of lab 5: two vCPUs that never run, and their registers. This file
 * acknowledges and ends interrupts in place of a guest, and reads the state of the
 * machine itself, never through a function of the student's.
 */
#include "driver.h"

#include "context.h"
#include "counter.h"
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

void lab05_fill(unsigned int part, uint64_t *words);
void lab05_registers(unsigned int part);
void lab05_mark(unsigned int number, uint64_t mark);
void lab05_save(unsigned int part, unsigned int number);
void lab05_load(unsigned int part, unsigned int number);
void lab05_outside(unsigned int part, unsigned int number, uint64_t mark);
void lab05_slice(uint64_t cval, uint64_t ctl);
void lab05_slice_seen(void);
uint64_t lab05_now(void);
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
void lab05_deadline(uint64_t more, bool from_now, uint64_t ctl, uint64_t offset);
void lab05_wait(uint64_t iss, uint64_t wake_at);
void lab05_pend(uint64_t intid);
void lab05_interrupt(bool expire);
uint64_t lab05_expire(void);
#define MOVED	9	/* as struct vgic_context and struct vtimer_context have them */
void lab05_move(const uint64_t mine[MOVED], const uint64_t others[MOVED], uint64_t waiting);

/* The registers of each part of a context, X(name). No value of them matters at EL2. */
#define EL1(X)								\
	X(sctlr_el1) X(cpacr_el1) X(ttbr0_el1) X(ttbr1_el1) X(tcr_el1)	\
	X(mair_el1) X(amair_el1) X(contextidr_el1) X(vbar_el1)		\
	X(par_el1) X(elr_el1) X(spsr_el1) X(esr_el1) X(far_el1)		\
	X(afsr0_el1) X(afsr1_el1) X(sp_el0) X(sp_el1) X(tpidr_el0)	\
	X(tpidrro_el0) X(tpidr_el1) X(csselr_el1) X(cntkctl_el1)	\
	X(VDISR_EL2) X(elr_el2) X(spsr_el2)
#define KEYS(X)								\
	X(APIAKEYLO_EL1) X(APIAKEYHI_EL1) X(APIBKEYLO_EL1)		\
	X(APIBKEYHI_EL1) X(APDAKEYLO_EL1) X(APDAKEYHI_EL1)		\
	X(APDBKEYLO_EL1) X(APDBKEYHI_EL1) X(APGAKEYLO_EL1)		\
	X(APGAKEYHI_EL1)
#define FP_CONTROL(X)	X(fpcr) X(fpsr)
#define WRITE_NEXT(name)	write_sysreg(name, *words++);
#define READ_NEXT(name)		*words++ = read_sysreg(name);

static void el1_write(const uint64_t *words)
{
	EL1(WRITE_NEXT)
}

static void el1_read(uint64_t *words)
{
	EL1(READ_NEXT)
}

static void keys_write(const uint64_t *words)
{
	KEYS(WRITE_NEXT)
}

static void keys_read(uint64_t *words)
{
	KEYS(READ_NEXT)
}

/* Load or store Q0 to Q31. */
#define EACH_Q(what)							\
	".arch_extension fp\n"						\
	".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n" \
	what "	q\\n, [%0], #16\n"					\
	".endr\n"							\
	".irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n" \
	what "	q\\n, [%0], #16\n"					\
	".endr\n"

static void fp_write(const uint64_t *words)
{
	__asm__ volatile(EACH_Q("ldr") : "+r"(words) :: "memory");
	FP_CONTROL(WRITE_NEXT)
}

static void fp_read(uint64_t *words)
{
	__asm__ volatile(EACH_Q("str") : "+r"(words) :: "memory");
	FP_CONTROL(READ_NEXT)
}

#define PART_WORDS_MAX	66

_Static_assert(offsetof(struct context, fp) + 66 * 8 == sizeof(struct context),
	       "the part FP ends where the context ends");

/* Like context_parts: the registers, and their place in a context, in words. */
static const struct part {
	void (*write)(const uint64_t *words);
	void (*read)(uint64_t *words);
	size_t count;
	size_t start, end;
} parts[CONTEXT_PARTS] = {
	{ el1_write, el1_read, 26, offsetof(struct context, el1) / 8,
	  offsetof(struct context, el1) / 8 + EL1_CONTEXT_SIZE },
	{ fp_write, fp_read, 66, offsetof(struct context, fp) / 8,
	  sizeof(struct context) / 8 },
	{ keys_write, keys_read, 10, offsetof(struct context, keys) / 8,
	  offsetof(struct context, keys) / 8 + KEY_CONTEXT_SIZE },
};

/* Write `words` to the registers of a part, then clear `words`, which save() must fill again. */
void lab05_fill(unsigned int part, uint64_t *words)
{
	parts[part].write(words);
	memset(words, 0, parts[part].count * sizeof(*words));
}

/* Record the registers of a part. */
void lab05_registers(unsigned int part)
{
	uint64_t words[PART_WORDS_MAX];

	parts[part].read(words);
	record(RECORD_EVENT, words, parts[part].count);
}

static uint64_t *words_of(unsigned int number)
{
	return (uint64_t *)&contexts[number];
}

/* Fill a context: its word n is `mark` + n. */
void lab05_mark(unsigned int number, uint64_t mark)
{
	for (size_t n = 0; n < sizeof(struct context) / 8; n++)
		words_of(number)[n] = mark + n;
}

void lab05_save(unsigned int part, unsigned int number)
{
	context_parts[part].save(&contexts[number]);
}

void lab05_load(unsigned int part, unsigned int number)
{
	context_parts[part].load(&contexts[number]);
}

/* Record each word of a marked context that is outside of the part and has changed. */
void lab05_outside(unsigned int part, unsigned int number, uint64_t mark)
{
	for (size_t n = 0; n < sizeof(struct context) / 8; n++)
		if ((n < parts[part].start || n >= parts[part].end) &&
		    words_of(number)[n] != mark + n)
			record(RECORD_EVENT, (const uint64_t[]){
				n * 8, words_of(number)[n] }, 2);
}

/* Set EL2's timer. */
void lab05_slice(uint64_t cval, uint64_t ctl)
{
	write_sysreg(cnthp_cval_el2, cval);
	write_sysreg(cnthp_ctl_el2, ctl);
	isb();
}

uint64_t lab05_now(void)
{
	return counter_now();
}

void lab05_slice_seen(void)
{
	record(RECORD_EVENT, (const uint64_t[]){
		read_sysreg(cnthp_cval_el2),
		read_sysreg(cnthp_ctl_el2) & ~CNT_CTL_ISTATUS }, 2);
}

/* Initialise everything, in the order of the stage. Call once. */
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
	while (read_sysreg(icc_iar1_el1) < INTID_SPECIAL)
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

/* Acknowledge like a guest: pending becomes active. Not possible while `intid` is active. */
bool lab05_acknowledge(uint64_t intid)
{
	unsigned int n = find_list(intid, ICH_LR_PENDING);

	if (!n || (read_list(n) & ICH_LR_ACTIVE))
		return false;
	write_list(n, read_list(n) ^ ICH_LR_STATE);
	return true;
}

/* End `intid` like a guest: active becomes inactive; a pending state stays. */
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

/*
 * Call vtimer_deadline() with CVAL = `more`, or with CVAL = CNTVCT + `more`. Record CVAL, the
 * time before, the result and the time after.
 */
void lab05_deadline(uint64_t more, bool from_now, uint64_t ctl, uint64_t offset)
{
	uint64_t now = counter_now(), deadline;
	uint64_t cval = from_now ? now - offset + more : more;

	lab05_timer(cval, ctl, offset);
	deadline = vtimer_deadline(now);
	record(RECORD_EVENT, (const uint64_t[]){ cval, now, deadline, counter_now() }, 4);
}

/* Handle a trapped WFI or WFE, with `wake_at` as its old value, and record the vCPU. */
void lab05_wait(uint64_t iss, uint64_t wake_at)
{
	struct sched_context *sched = &loaded->context->sched;
	uint64_t before = counter_now(), result;

	sched->wake_at = wake_at;
	write_sysreg(esr_el2, (uint64_t)EC_WFX << 26 | iss);
	write_sysreg(elr_el2, SLOT_ADDR(0));
	result = trap_handle(loaded, EXIT_SYNC);
	record(RECORD_EVENT, (const uint64_t[]){
		result, loaded->state, sched->wake_at, sched->ended_by_wait,
		read_sysreg(elr_el2) - SLOT_ADDR(0), before, counter_now() }, 7);
}

/* Make `intid` pending in the GIC without its line, as if the line went down late. */
void lab05_pend(uint64_t intid)
{
	mmio_write32(gic_redistributor + GICR_ISPENDR0, BIT(intid));
}

/* Let EL2's own timer expire. Return the interrupt that is pending then. */
uint64_t lab05_expire(void)
{
	write_sysreg(cnthp_cval_el2, counter_now());
	write_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);
	isb();
	return read_sysreg(icc_hppir1_el1);
}

/*
 * Handle an IRQ exit. Record its result, the turns ended by slice, list register 0, the
 * active PPIs, and the next acknowledged interrupt, before which EL2's timer may expire.
 */
void lab05_interrupt(bool expire)
{
	uint64_t result = trap_handle(loaded, EXIT_IRQ);
	uint64_t active = mmio_read32(gic_redistributor + GICR_ISACTIVER0);

	if (expire)
		lab05_expire();
	record(RECORD_EVENT, (const uint64_t[]){
		result, loaded->context->sched.ended_by_slice,
		read_sysreg(ich_lr0_el2), active, read_sysreg(icc_iar1_el1) }, 5);
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

/* Read the registers, without ISTATUS, which is not stored. */
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
 * Switch from the loaded vCPU, whose registers hold `mine`, to one whose context holds
 * `others` and waiting INTIDs. Record the registers before, the first vCPU's context, the
 * other one's context and the registers after; then whether PPI 27 is active, and
 * ICH_HCR_EL2.
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
	lab05_fill, lab05_registers, lab05_mark, lab05_save, lab05_load,
	lab05_outside, lab05_slice, lab05_slice_seen, counter_ticks,
	slice_at, slice_stop, fp_enable, lab05_now,
	lab05_start, lab05_quiet, lab05_vgic, lab05_lists,
	lab05_inject, lab05_vgic_refill, lab05_acknowledge, lab05_end,
	lab05_wakes, lab05_timer, lab05_wait, lab05_pend,
	lab05_expire, lab05_interrupt, lab05_move,
	vgic_timer, lab05_deadline, vtimer_fires,
};
