/* SPDX-License-Identifier: MIT */
/*
 * Unfilled holes. Each todo() adds an entry to section .todo, so that a stage can
 * report its first open task before anything depends on it.
 */
#ifndef TODO_H
#define TODO_H

#include <stddef.h>

struct todo_entry {
	const char *task;	/* "lab02.3" */
	const char *what;	/* which function, where to read */
	unsigned long line;	/* in its file; 0 in assembly */
};

_Static_assert(offsetof(struct todo_entry, what) == 8 &&
	       offsetof(struct todo_entry, line) == 16 &&
	       sizeof(struct todo_entry) == 24,
	       "the macro todo of asm.h writes this layout");

/*
 * Print one line that names an unfilled hole, and power off. Works from the first
 * instruction on: it needs neither .bss nor the console of lab 1, and it has its
 * own stack.
 */
_Noreturn void todo_stop(const char *task, const char *what);

#define todo(task_, what_) do {						\
	todo_later(task_, what_);					\
	todo_stop(task_, what_);					\
} while (0)

/* Only the entry: for a hole that does nothing until its task is needed. */
#define todo_later(task_, what_) do {					\
	static const struct todo_entry entry_				\
		__attribute__((used, section(".todo"))) =		\
		{ task_, what_, __LINE__ };				\
} while (0)

/* The code after this needs task `task`: todo_stop() at its first unfilled hole, if any. */
void task(const char *task);

#endif
