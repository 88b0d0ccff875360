/* SPDX-License-Identifier: MIT */
/*
 * Exceptions that EL2 itself takes. vectors.S saves a frame on EL2's stack and
 * calls exception_handle(); when that returns, vectors.S restores the registers from
 * the frame and resumes the interrupted code.
 */
#ifndef EXCEPTION_H
#define EXCEPTION_H

/* log2 of HYP_STACK_SIZE in hyp.ld */
#define STACK_SHIFT		14

/* Offsets into struct exception_frame, for vectors.S. */
#define FRAME_X(n)		((n) * 8)
#define FRAME_ELR		248
#define FRAME_SPSR		256
#define FRAME_ESR		264
#define FRAME_FAR		272
#define FRAME_SLOT		280
#define FRAME_SIZE		288	/* a multiple of 16, as SP must be */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exception_frame {
	uint64_t x[31];
	uint64_t elr;		/* ELR_EL2: where to resume */
	uint64_t spsr;		/* SPSR_EL2: in which state */
	uint64_t esr;		/* ESR_EL2: what happened */
	uint64_t far;		/* FAR_EL2: the address, for aborts */
	uint64_t slot;		/* which of the 16 vectors, 0 to 15 */
};
_Static_assert(offsetof(struct exception_frame, x) == FRAME_X(0) &&
	       offsetof(struct exception_frame, elr) == FRAME_ELR &&
	       offsetof(struct exception_frame, spsr) == FRAME_SPSR &&
	       offsetof(struct exception_frame, esr) == FRAME_ESR &&
	       offsetof(struct exception_frame, far) == FRAME_FAR &&
	       offsetof(struct exception_frame, slot) == FRAME_SLOT &&
	       sizeof(struct exception_frame) == FRAME_SIZE,
	       "vectors.S relies on this layout");

/* Install EL2's vector table (vectors.S) in VBAR_EL2. */
void exception_init(void);

/*
 * Handle an exception taken from EL2. A BRK is reported and stepped over; a fault
 * of a probe (probe.h) resumes at its fix-up; anything else is reported and stops the
 * machine.
 */
void exception_handle(struct exception_frame *frame);

/*
 * If the exception is an abort of a probe, make it resume at the probe's fix-up
 * and return true. Given.
 */
bool exception_fixup(struct exception_frame *frame);

/* The name of vector slot `slot`, "current EL with SPx, synchronous". */
const char *exception_slot_name(uint64_t slot);
#endif

#endif
