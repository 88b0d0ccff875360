/* SPDX-License-Identifier: MIT */
/* Exceptions to EL1, and functions that may cause one. */
#ifndef EXCEPTION_H
#define EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Slots of the vector table, VBAR_EL1 + 0x80 * slot: the kind of exception in bits 1 to 0, where
 * it was taken from in bits 3 to 2. Arm ARM, "Exception vectors".
 */
enum vector {
	VECTOR_SYNC,
	VECTOR_IRQ,
	VECTOR_FIQ,
	VECTOR_SERROR,
	VECTOR_FROM_SP0 = 0,	/* EL1 with SP_EL0 */
	VECTOR_FROM_SPX = 4,	/* EL1 with SP_EL1 */
	VECTOR_FROM_EL0 = 8,	/* EL0 in AArch64 state */
};

/* An exception, as it was taken. */
struct taken {
	unsigned int vector;
	uint64_t esr, far, elr, spsr;
	uint64_t daif;		/* PSTATE in the handler */
	uint64_t spsel;
};

enum { ATTEMPT_RETURNED, ATTEMPT_EXCEPTION, ATTEMPT_FAILURE };

/*
 * Call function(argument). ATTEMPT_RETURNED, or ATTEMPT_EXCEPTION with the exception that ended it
 * in `*taken`, or ATTEMPT_FAILURE if it called attempt_fail(). Preserves DAIF; selects SP_EL1.
 */
unsigned int attempt(void (*function)(void *argument), void *argument, struct taken *taken);

/* End the innermost attempt() of this core with ATTEMPT_FAILURE. */
_Noreturn void attempt_fail(void);

/* Leave the innermost attempt(), whose frame is at `recovery`, with `result`. vectors.S */
_Noreturn void attempt_leave(void *recovery, unsigned int result);

/* Called by vectors.S for each exception. Returns after a handled interrupt. */
void exception_handle(unsigned int vector);

/* True if the instruction in `function` is UNDEFINED: EC 0 at this exception level. */
bool is_undefined(void (*function)(void *unused));

#endif
