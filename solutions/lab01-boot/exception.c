// SPDX-License-Identifier: MIT
#include "exception.h"

#include "barrier.h"
#include "esr.h"
#include "panic.h"
#include "printf.h"
#include "sysreg.h"

extern const char hyp_vectors[];

void exception_init(void)
{
	/* HOLE(lab01.5): Install hyp_vectors in VBAR_EL2, in effect on return. */
	write_sysreg(vbar_el2, hyp_vectors);
	isb();	/* an exception right after this must find the new table */
	/* END(lab01.5) */
}

static void report(const struct exception_frame *frame)
{
	/* HOLE(lab01.6): Report what happened: slot, class, syndrome, ELR, SPSR, FAR. */
	unsigned int ec = esr_ec(frame->esr);

	printf("[exception] slot %lu: %s\n", frame->slot,
	       exception_slot_name(frame->slot));
	printf("[exception] EC 0x%02x %s, ISS 0x%07lx\n", ec, esr_ec_name(ec),
	       FIELD_GET(ESR_ELx_ISS, frame->esr));
	printf("[exception] ELR 0x%lx SPSR 0x%lx FAR 0x%lx\n", frame->elr,
	       frame->spsr, frame->far);
	/* END(lab01.6) */
}

/* All general registers, for the last report of a run. */
static void report_registers(const struct exception_frame *frame)
{
	for (int i = 0; i < 31; i++)
		printf("%sx%-2d 0x%016lx%s", i % 4 ? "  " : "[exception] ", i,
		       frame->x[i], i % 4 == 3 || i == 30 ? "\n" : "");
}

void exception_handle(struct exception_frame *frame)
{
	if (exception_fixup(frame))
		return;

	report(frame);
	/* HOLE(lab01.6): Step over a BRK; everything else is fatal. */
	/*
	 * The ELR of a BRK is the BRK itself (Arm ARM, "Breakpoint Instruction
	 * exceptions"): without the 4 it would be taken again and again. The
	 * compiler's own traps mark places where execution must not continue.
	 */
	if (esr_ec(frame->esr) == EC_BRK64 &&
	    !brk_is_compiler_trap(FIELD_GET(ISS_IMM16, frame->esr))) {
		frame->elr += 4;
		return;
	}
	/* END(lab01.6) */
	report_registers(frame);
	panic("unexpected exception in EL2: %s at 0x%lx",
	      esr_ec_name(esr_ec(frame->esr)), frame->elr);
}
