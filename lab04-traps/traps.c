// SPDX-License-Identifier: MIT
#include "traps.h"

#include <stdarg.h>

#include "printf.h"
#include "vuart.h"
#include "todo.h"

/*
 * There is only one VM to run, so WFI and WFE complete at once, as the
 * architecture allows. Lab 5 replaces this handler.
 */
static enum trap_result wait_handle(struct vcpu *vcpu, uint64_t esr)
{
	(void)vcpu;
	(void)esr;
	/* TODO(lab04.4): Skip the trapped WFI or WFE. */
	todo("lab04.4", "wait_handle() in lab04-traps/traps.c, read lab04-traps/README.md#task-4");
	/* END(lab04.4) */
}

/*
 * Handlers by exception class. A class without a handler stops the VM, with the
 * name of the class in the report. A handler advances ELR_EL2 only if it has done the
 * work of the instruction there.
 */
static trap_handler handlers[EC_COUNT] = {
	/* Treat the instruction as UNDEFINED. */
	[EC_UNKNOWN]	= inject_undefined,
	[EC_FP]		= inject_undefined,
	[EC_PAUTH]	= inject_undefined,
	[EC_LS64]	= inject_undefined,
	[EC_SVE]	= inject_undefined,
	[EC_TSTART]	= inject_undefined,
	[EC_SME]	= inject_undefined,
	/* TODO(lab04.4): A row for each other class that a guest can cause. */
	/* END(lab04.4) */
};

static trap_handler interrupt_handlers[EXIT_SERROR + 1];

void trap_set_handler(unsigned int ec, trap_handler handler)
{
	handlers[ec] = handler;
}

void trap_set_interrupt_handler(unsigned int reason, trap_handler handler)
{
	interrupt_handlers[reason] = handler;
}

enum trap_result trap_stop(struct vcpu *vcpu, const char *format, ...)
{
	va_list args;

	vuart_flush(vcpu->vm);
	printf("[trap] vm%u stopped: ", vcpu->vm->id);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (PC 0x%lx)\n", read_sysreg(elr_el2));
	vcpu->state = VCPU_STOPPED;
	return TRAP_STOP;
}

/*
 * Stop the VM for an exit that has no handler. noinline keeps the fast path small.
 */
__attribute__((noinline))
static enum trap_result unexpected_class(struct vcpu *vcpu, uint64_t esr)
{
	return trap_stop(vcpu, "%s, EC 0x%02x", esr_ec_name(esr_ec(esr)), esr_ec(esr));
}

__attribute__((noinline))
static enum trap_result unexpected_interrupt(struct vcpu *vcpu)
{
	return trap_stop(vcpu, "interrupt or SError that EL2 does not expect");
}

enum trap_result trap_handle(struct vcpu *vcpu, unsigned int reason)
{
	/* TODO(lab04.4): Count the exit; call the handler of its class or reason, if there is one. */
	todo("lab04.4", "trap_handle() in lab04-traps/traps.c, read lab04-traps/README.md#task-4");
	/* END(lab04.4) */
}
