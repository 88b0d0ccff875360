// SPDX-License-Identifier: MIT
#include "todo.h"

#include <stddef.h>

#include "early.h"
#include "panic.h"
#include "say.h"
#include "string.h"

extern const struct todo_entry todo_start[], todo_end[];

/* The rest of todo_stop(), with a stack. */
_Noreturn void todo_report(const char *task, const char *what);

_Noreturn void todo_report(const char *task, const char *what)
{
	early_puts("\r\n[todo");
	early_puts(nonce_text());
	early_puts("] TODO(");
	early_puts(task);
	early_puts("): ");
	early_puts(what);
	early_puts("\r\n");
	power_off();
}

void task(const char *task)
{
	const struct todo_entry *first = NULL;

	for (const struct todo_entry *e = todo_start; e < todo_end; e++)
		if (strcmp(e->task, task) == 0 && (!first || e->line < first->line))
			first = e;
	if (first)
		todo_stop(first->task, first->what);
}
