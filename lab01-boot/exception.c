// SPDX-License-Identifier: MIT
#include "exception.h"

#include "barrier.h"
#include "esr.h"
#include "panic.h"
#include "printf.h"
#include "sysreg.h"
#include "todo.h"

extern const char hyp_vectors[];

void exception_init(void)
{
	/* TODO(lab01.5): Install hyp_vectors in VBAR_EL2, in effect on return. */
	todo("lab01.5", "exception_init() in lab01-boot/exception.c, read lab01-boot/README.md#task-5");
	/* END(lab01.5) */
}

static void report(const struct exception_frame *frame)
{
	/* TODO(lab01.6): Report what happened: slot, class, syndrome, ELR, SPSR, FAR. */
	todo("lab01.6", "report() in lab01-boot/exception.c, read lab01-boot/README.md#task-6");
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
	/* TODO(lab01.6): Step over a BRK; everything else is fatal. */
	todo("lab01.6", "exception_handle() in lab01-boot/exception.c, read lab01-boot/README.md#task-6");
	/* END(lab01.6) */
	report_registers(frame);
	panic("unexpected exception in EL2: %s at 0x%lx",
	      esr_ec_name(esr_ec(frame->esr)), frame->elr);
}
