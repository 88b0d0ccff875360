/* SPDX-License-Identifier: MIT */
/*
 * Barriers. Arm ARM, "Memory barriers" (B2).
 *
 * isb()	every later instruction is fetched and executed with all
 *		earlier changes of system registers in effect.
 * dsb(ish)	waits until all earlier memory accesses and TLB or cache
 *		maintenance are complete for every observer in the Inner
 *		Shareable domain, which includes the table walkers.
 * dsb(ishst)	the same, waiting for stores only.
 * dmb(ish)	orders memory accesses, does not wait.
 */
#ifndef BARRIER_H
#define BARRIER_H

#define isb()		__asm__ volatile("isb" ::: "memory")
#define dsb(domain)	__asm__ volatile("dsb " #domain ::: "memory")
#define dmb(domain)	__asm__ volatile("dmb " #domain ::: "memory")
#define wfi()		__asm__ volatile("wfi" ::: "memory")

#endif
