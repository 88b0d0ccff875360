/* SPDX-License-Identifier: MIT */
/* What the parts of the virtual GIC share. All need the VM's GIC lock, but for gic_bank_of(). */
#ifndef BANKS_H
#define BANKS_H

#include "guest.h"

/* The bank of an INTID for a vCPU: its own below GIC_PRIVATE, else the distributor's. */
static inline struct gic_bank *gic_bank_of(struct vcore *vcore, unsigned int intid)
{
	return intid < GIC_PRIVATE ? &vcore->gic.bank :
	       &vcore_guest(vcore)->gic.bank[intid / 32];
}

/* Interrupts of a bank that are pending, wherever the list registers are. */
static inline uint32_t gic_pending(const struct gic_bank *bank)
{
	return bank->pending | (bank->line & ~bank->config);
}

/* Bank `n` of the distributor has changed: is anything pending or active in it? */
static inline void gic_note(struct distributor *gic, unsigned int n)
{
	const struct gic_bank *bank = &gic->bank[n];

	if (bank->pending | bank->line | bank->active)
		gic->busy |= BIT(n);
	else
		gic->busy &= ~BIT(n);
}

/* The vCPU that gets SPI `intid`; NULL if GICD_IROUTER<n> names none. */
struct vcore *gic_target(struct guest *guest, unsigned int intid);

/* Leave word for a vCPU: GIC_MORE, GIC_LESS. Its core is kicked if it is another one. */
void gic_leave_word(struct vcore *vcore, uint32_t word);

/*
 * Leave word for the vCPUs concerned by `bits` of a bank: its owner if it is private, or
 * else the targets. `owner` is the vCPU of a private bank, else NULL.
 */
void gic_leave_words(struct guest *guest, struct vcore *owner, unsigned int bank,
		     uint32_t bits, uint32_t word);

#endif
