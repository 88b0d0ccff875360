// SPDX-License-Identifier: MIT
#include "panic.h"

#include "barrier.h"
#include "mmio.h"
#include "platform.h"
#include "printf.h"
#include "smccc.h"

void power_off(void)
{
	smccc_smc(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

void panic(const char *format, ...)
{
	va_list args;

	printf("\n[panic] ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	power_off();
}

/* The PL011's data register, written with no set-up: QEMU takes it. */
static void raw_puts(const char *s)
{
	for (; *s; s++)
		mmio_write32(UART_BASE, *s);
}

/*
 * The C half of todo(), which todo.S calls on a stack of its own. It shares no
 * code with the console of lab 1, which may be the very thing that is missing.
 */
_Noreturn void todo_report(const char *task, const char *what);

_Noreturn void todo_report(const char *task, const char *what)
{
	raw_puts("\r\n[todo] TODO(");
	raw_puts(task);
	raw_puts("): ");
	raw_puts(what);
	raw_puts("\r\n");
	power_off();
}
