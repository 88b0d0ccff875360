/* SPDX-License-Identifier: MIT */
/* How a run of the hypervisor starts and ends, and where to observe it. */
#ifndef PANIC_H
#define PANIC_H

/* A stage's main program, in the main.c of its lab. boot.S calls it. */
_Noreturn void hyp_main(void);

/* Power the machine off: PSCI SYSTEM_OFF by SMC. Parks the core if refused. */
_Noreturn void power_off(void);

/* Print one line and power off. The message names value and address. */
_Noreturn void panic(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * Mark a named point of the run, such as "mmu-on". Does nothing itself: gdb and
 * the grader stop here and inspect the machine.
 */
void checkpoint(const char *name);

#define assert(condition)						\
	((condition) ? (void)0 :					\
	 panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition))

#endif
