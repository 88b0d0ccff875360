// SPDX-License-Identifier: MIT
/* Registers of 32 interrupts each: a word is handled as a word. */
#include "banks.h"
#include "lists.h"
#include "mmio_frames.h"
#include "platform.h"
#include "timer_list.h"
#include "vtimer.h"

/* The seven kinds of registers with a bit for each interrupt, in the order of their offsets. */
enum bit_register {
	IGROUPR, ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER,
};

#define PRIORITY_BITS	U64(0xf8f8f8f8)		/* 32 levels: ICH_VTR_EL2.PRIbits */

unsigned int bank_number(uint64_t offset)
{
	if (offset < GIC_IPRIORITYR)
		return offset % 0x80 / 4;
	if (offset < GIC_ITARGETSR)
		return (offset - GIC_IPRIORITYR) / 32;
	if (offset >= GIC_ICFGR && offset < GIC_IGRPMODR)
		return (offset - GIC_ICFGR) / 8;
	return GIC_BANKS;	/* ITARGETSR, IGRPMODR, NSACR, SGIR: RAZ/WI */
}

bool gic_write_pending(const struct vcore *vcore)
{
	if (power_of(vcore) != POWER_ON ||
	    !(__atomic_load_n(&vcore->gic.word, __ATOMIC_ACQUIRE) & GIC_LESS))
		return false;
	__asm__ volatile("yield");	/* the guest polls, and waits for another core */
	return true;
}

/* The timer's own state is not in the bank: its line, and LR0. */
static uint32_t timer_bits(const struct bank_access *access, enum bit_register kind)
{
	bool mine = access->owner == access->me;

	if (!mine)
		return 0;
	if (kind == ISPENDR || kind == ICPENDR)
		return vtimer_fires() ? BIT(PPI_VTIMER) : 0;
	return read_sysreg(ich_lr0_el2) & ICH_LR_ACTIVE ? BIT(PPI_VTIMER) : 0;
}

static uint32_t read_bits(const struct bank_access *access, enum bit_register kind)
{
	const struct gic_bank *bank = access->bank;

	switch (kind) {
	case IGROUPR:
		return bank->group;
	case ISENABLER:
	case ICENABLER:
		return bank->enabled;
	case ISPENDR:
	case ICPENDR:
		return gic_pending(bank) | bank->lr_pending | timer_bits(access, kind);
	default:
		return bank->active | timer_bits(access, kind);
	}
}

/*
 * Change the bank. The return value is the interrupts whose vCPUs have to look: `*word` says
 * for what. A change that takes something back concerns what may be in a list register.
 */
static uint32_t write_bits(struct gic_bank *bank, enum bit_register kind, uint32_t bits,
			   uint32_t *word)
{
	uint32_t taken_back = bits & bank->in_lr;

	*word = GIC_MORE;
	switch (kind) {
	case IGROUPR:
		bank->group = bits;
		return gic_pending(bank) | bank->in_lr;
	case ISENABLER:
		bank->enabled |= bits;
		return bits & gic_pending(bank);
	case ISPENDR:
		bank->pending |= bits;
		return bits & bank->enabled;
	case ISACTIVER:
		bank->active |= bits;
		return bits;
	case ICENABLER:
		bank->enabled &= ~bits;
		*word = GIC_LESS;
		return taken_back;
	case ICPENDR:
		bank->pending &= ~bits;
		bank->lr_latched &= ~bits;
		*word = GIC_LESS;
		return taken_back;
	default:
		bank->active &= ~bits;
		return taken_back | (bits & gic_pending(bank));
	}
}

/* Two bits an interrupt, of which the upper one says edge-triggered. */
static uint32_t read_config(const struct gic_bank *bank, bool upper_half)
{
	uint64_t bits = upper_half ? bank->config >> 16 : bank->config & 0xffff;

	bits = (bits | bits << 8) & 0x00ff00ff;
	bits = (bits | bits << 4) & 0x0f0f0f0f;
	bits = (bits | bits << 2) & 0x33333333;
	bits = (bits | bits << 1) & 0x55555555;
	return bits << 1;
}

static void write_config(struct gic_bank *bank, bool upper_half, uint32_t value)
{
	uint32_t bits = value >> 1 & 0x55555555;

	bits = (bits | bits >> 1) & 0x33333333;
	bits = (bits | bits >> 2) & 0x0f0f0f0f;
	bits = (bits | bits >> 4) & 0x00ff00ff;
	bits = (bits | bits >> 8) & 0x0000ffff;
	if (upper_half)
		bank->config = (bank->config & 0xffff) | bits << 16;
	else
		bank->config = (bank->config & ~0xffffU) | bits;
}

static enum bit_register kind_of(uint64_t offset)
{
	return (offset - GIC_IGROUPR) / 0x80;
}

static bool is_priority(uint64_t offset)
{
	return offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR;
}

/* IPRIORITYR: a byte for each interrupt, accessible as bytes and as words. */
static uint64_t read_priority(const struct gic_bank *bank, unsigned int first,
			      unsigned int size)
{
	const uint8_t *p = &bank->priority[first];

	if (size == 1)
		return *p;
	return size == 4 ? *(const uint32_t *)p : 0;
}

static void write_priority(struct gic_bank *bank, unsigned int first, unsigned int size,
			   uint64_t value)
{
	uint8_t *p = &bank->priority[first];

	if (size == 1)
		*p = value & PRIORITY_BITS;
	else if (size == 4)
		*(uint32_t *)p = value & PRIORITY_BITS;
}

static struct lock *lock_of(const struct bank_access *access)
{
	return &vcore_guest(access->me)->gic.lock;
}

/* None of these SPIs is pending, active or in a list register, so no vCPU knows of them. */
static bool is_quiet(const struct bank_access *access)
{
	const struct gic_bank *bank = access->bank;

	return !access->owner &&
	       !(bank->pending | bank->line | bank->active | bank->in_lr);
}

/*
 * With the lock. What is in the accessing vCPU's own list registers is brought back; if some
 * of `bits` are in others, their cores have to say what became of them, with the lock.
 */
static void bring_back(const struct bank_access *access, uint32_t bits)
{
	gic_fold(access->me);
	if (access->bank->in_lr & bits) {
		gic_fill(access->me);
		lock_release(lock_of(access));
		gic_ask(vcore_guest(access->me));
		lock_take(lock_of(access));
		gic_fold(access->me);
	}
}

uint64_t bank_read(const struct bank_access *access, uint64_t offset, unsigned int size)
{
	enum bit_register kind = kind_of(offset);
	uint64_t value;

	if (offset & (size - 1))
		return 0;
	if (is_priority(offset))
		return read_priority(access->bank, offset % 32, size);
	if (size != 4)
		return 0;
	if (offset >= GIC_ICFGR)
		return read_config(access->bank, offset & 4);
	lock_take(lock_of(access));
	if (is_quiet(access)) {
		value = read_bits(access, kind);
	} else {
		bring_back(access, kind >= ISPENDR ? ~0U : 0);
		value = read_bits(access, kind);
		gic_fill(access->me);
	}
	lock_release(lock_of(access));
	return value;
}

/* No vCPU has taken these SPIs, so those that they are routed to will end them. */
static void hold(const struct bank_access *access, uint32_t bits)
{
	struct guest *guest = vcore_guest(access->me);

	for (; bits; bits &= bits - 1) {
		unsigned int intid = access->n * 32 + __builtin_ctz(bits);
		struct vcore *target = gic_target(guest, intid);

		guest->gic.holder[intid] = (target ? target : access->me)->index;
	}
}

static void write_word(const struct bank_access *access, uint64_t offset, uint32_t value)
{
	enum bit_register kind = kind_of(offset);
	uint32_t word = GIC_MORE, concerned = ~0U;

	if (kind == ISACTIVER && !access->owner)
		hold(access, value & ~access->bank->active);
	if (offset >= GIC_ICFGR)
		write_config(access->bank, offset & 4, value);
	else
		concerned = write_bits(access->bank, kind, value, &word);
	if (kind == ICACTIVER && access->owner == access->me && (value & BIT(PPI_VTIMER)))
		timer_list_deactivate();
	if (offset >= GIC_ICFGR)
		concerned = access->bank->line;	/* level and edge differ in what is pending */
	if (!access->owner && kind >= ISPENDR)
		gic_note(&vcore_guest(access->me)->gic, access->n);
	/* Its state is in LR0 of its core, and not in the bank. */
	if (access->owner)
		concerned |= value & BIT(PPI_VTIMER);
	/* The writer's own vCPU chooses again at once, in gic_fill(). */
	if (concerned && access->owner != access->me)
		gic_leave_words(vcore_guest(access->me), access->owner, access->n, concerned,
				word);
}

static void write(const struct bank_access *access, uint64_t offset, unsigned int size,
		  uint64_t value)
{
	if (is_priority(offset))
		write_priority(access->bank, offset % 32, size, value);
	else
		write_word(access, offset, value);
}

/* The only ones that end the quiet of a bank. */
static bool makes_busy(enum bit_register kind)
{
	return kind == ISPENDR || kind == ISACTIVER;
}

void bank_write(const struct bank_access *access, uint64_t offset, unsigned int size,
		uint64_t value)
{
	enum bit_register kind = kind_of(offset);

	if ((size != 4 && !(is_priority(offset) && size == 1)) || (offset & (size - 1)))
		return;
	/* ICFGR0: SGIs are always edge-triggered. */
	if (offset == GIC_ICFGR)
		return;
	lock_take(lock_of(access));
	if (is_quiet(access) && !makes_busy(kind)) {
		write(access, offset, size, value);
	} else {
		bring_back(access, kind == ISACTIVER || kind == ICACTIVER ? value : 0);
		write(access, offset, size, value);
		gic_fill(access->me);
	}
	lock_release(lock_of(access));
}
