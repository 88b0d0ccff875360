/* SPDX-License-Identifier: MIT */
/* How a run of the hypervisor begins and ends, and where it can be watched. */
#ifndef PANIC_H
#define PANIC_H

/* A stage's main program, in the main.c of its lab. boot.S calls it. */
_Noreturn void hyp_main(void);

/* Power the machine off: PSCI SYSTEM_OFF by SMC. Parks the core if refused. */
_Noreturn void power_off(void);

/* EL2 cannot go on: print one line and power off. Name value and address. */
_Noreturn void panic(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * A named moment of the run, "mmu-on": does nothing. gdb and the grader stop
 * here and look at the machine.
 */
void checkpoint(const char *name);

#define assert(condition)						\
	((condition) ? (void)0 :					\
	 panic("%s:%d: not so: %s", __FILE__, __LINE__, #condition))

#endif
