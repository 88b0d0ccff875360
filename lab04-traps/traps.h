/* SPDX-License-Identifier: MIT */
/* Handling of exits from guests, by exception class. */
#ifndef TRAPS_H
#define TRAPS_H

#include "sysreg.h"
#include "vcpu.h"

enum trap_result {
	TRAP_RESUME,		/* run this vCPU again */
	TRAP_RESCHEDULE,	/* let another vCPU run first */
	TRAP_STOP,		/* this vCPU has stopped */
};

_Static_assert(TRAP_RESUME == 0 && TRAP_RESCHEDULE == 1 && TRAP_STOP == 2,
	       "grader/labs/lab04/exit_handlers.py relies on these values");

typedef enum trap_result (*trap_handler)(struct vcpu *vcpu, uint64_t esr);

/*
 * Handle an exit of the loaded vCPU for `reason` (EXIT_*). A class without a
 * handler stops the VM with a report. When this returns TRAP_STOP, the vCPU's state
 * is VCPU_STOPPED and the reason has been printed.
 */
enum trap_result trap_handle(struct vcpu *vcpu, unsigned int reason);

/* Install the handler of exception class `ec`, or of exit reason EXIT_IRQ and so on. */
void trap_set_handler(unsigned int ec, trap_handler handler);
void trap_set_interrupt_handler(unsigned int reason, trap_handler handler);

/* Print why, flush the VM's console, stop the vCPU. Always TRAP_STOP. */
enum trap_result trap_stop(struct vcpu *vcpu, const char *format, ...)
	__attribute__((cold, format(printf, 2, 3)));

/*
 * Resume the guest after the instruction that trapped. Not for HVC, whose ELR_EL2
 * is the next instruction already (Arm ARM, "Preferred exception return address").
 * AArch64 only: ID_AA64PFR0_EL1 shows guests that there is no AArch32 at EL0, and for
 * a 16-bit T32 instruction the 4 below would be wrong.
 */
static inline void trap_skip_instruction(void)
{
	write_sysreg(elr_el2, read_sysreg(elr_el2) + 4);
	/* The skipped instruction was not an indirect branch (FEAT_BTI). */
	write_sysreg(spsr_el2, read_sysreg(spsr_el2) & ~SPSR_BTYPE);
}

/* Register `n` of an instruction: 31 is the zero register. */
static inline uint64_t vcpu_read_x(const struct vcpu *vcpu, uint64_t n)
{
	return n == 31 ? 0 : vcpu->x[n];
}

static inline void vcpu_write_x(struct vcpu *vcpu, uint64_t n, uint64_t value)
{
	if (n != 31)
		vcpu->x[n] = value;
}

/* The handlers, each in the file of that name. */
enum trap_result hypercall_handle(struct vcpu *vcpu, uint64_t esr);
enum trap_result smc_handle(struct vcpu *vcpu, uint64_t esr);
enum trap_result sysreg_handle(struct vcpu *vcpu, uint64_t esr);
enum trap_result data_abort_handle(struct vcpu *vcpu, uint64_t esr);
enum trap_result instruction_abort_handle(struct vcpu *vcpu, uint64_t esr);

/*
 * Answer an abort that EL2 does not emulate: `ipa` is in `aperture`, or that is NULL.
 * Given: it stops the VM, with a report.
 */
enum trap_result abort_refuse(struct vcpu *vcpu, uint64_t esr,
			      const struct aperture *aperture, uint64_t ipa);

/*
 * Inject an UNDEFINED exception into EL1, as if the instruction did not exist.
 * Given.
 */
enum trap_result inject_undefined(struct vcpu *vcpu, uint64_t esr);

/* Make EL1 take a synchronous exception at ELR_EL2, with `esr` in ESR_EL1. Given. */
void inject_exception(uint64_t esr);

#endif
