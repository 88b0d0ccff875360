/* SPDX-License-Identifier: MIT */
/* Interrupts for a guest: the GIC's CPU interface and the virtual timer. */
#ifndef GUEST_IRQ_H
#define GUEST_IRQ_H

#include "gicv3.h"
#include "platform.h"
#include "sysreg.h"

#define SLOT_IRQ	5	/* current EL with SP_ELx, IRQ */

#define irq_enable()	__asm__ volatile("msr daifclr, #2" ::: "memory")
#define irq_disable()	__asm__ volatile("msr daifset, #2" ::: "memory")
#define guest_isb()	__asm__ volatile("isb" ::: "memory")

/* Let every priority through and enable group 1. IRQs stay masked in PSTATE. */
static inline void irq_init(void)
{
	write_sysreg(icc_sre_el1, ICC_SRE_SRE);
	guest_isb();
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_igrpen1_el1, 1);
	guest_isb();
}

static inline uint64_t irq_acknowledge(void)
{
	return read_sysreg(icc_iar1_el1);
}

static inline void irq_end(uint64_t intid)
{
	write_sysreg(icc_eoir1_el1, intid);
	guest_isb();
}

/* Send software-generated interrupt `intid`, 0 to 15, to this core. */
static inline void irq_raise(unsigned int intid)
{
	write_sysreg(icc_sgi1r_el1, FIELD_PREP(ICC_SGI1R_INTID, intid) | BIT(0));
}

/* Interrupt when the virtual counter reaches `deadline`. */
static inline void timer_at(uint64_t deadline)
{
	write_sysreg(cntv_cval_el0, deadline);
	write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE);
	guest_isb();
}

static inline void timer_stop(void)
{
	write_sysreg(cntv_ctl_el0, 0);
	guest_isb();
}

#endif
