// SPDX-License-Identifier: MIT
#include "exception.h"

#include "check.h"
#include "core.h"
#include "esr.h"
#include "printf.h"
#include "psci.h"

/* The frame of attempt() in vectors.S. */
struct recovery {
	struct recovery *outer;
	uint64_t daif;
	struct taken *taken;
};

void exception_handle(unsigned int vector)
{
	struct core *core = this_core();
	struct recovery *recovery = core->recovery;
	unsigned int kind = vector & 3;

	if ((kind == VECTOR_IRQ || kind == VECTOR_FIQ) && core->interrupt) {
		core->interrupt(kind == VECTOR_FIQ);
		return;
	}
	if (!recovery) {
		printf("[wrong] runtime: exception %u, ESR 0x%lx, FAR 0x%lx, ELR 0x%lx\n", vector,
		       read_sysreg(esr_el1), read_sysreg(far_el1), read_sysreg(elr_el1));
		psci_system_off();
	}
	*recovery->taken = (struct taken){
		.vector = vector,
		.esr = read_sysreg(esr_el1),
		.far = read_sysreg(far_el1),
		.elr = read_sysreg(elr_el1),
		.spsr = read_sysreg(spsr_el1),
		.daif = read_sysreg(daif),
		.spsel = read_sysreg(spsel),
	};
	attempt_leave(recovery, ATTEMPT_EXCEPTION);
}

void attempt_fail(void)
{
	attempt_leave(this_core()->recovery, ATTEMPT_FAILURE);
}

bool is_undefined(void (*function)(void *unused))
{
	struct taken taken;

	if (attempt(function, NULL, &taken) == ATTEMPT_RETURNED)
		return false;
	if (esr_ec(taken.esr) != EC_UNKNOWN)
		expect_equal("the exception class of an UNDEFINED instruction",
			     esr_ec(taken.esr), EC_UNKNOWN);
	return true;
}
