/* SPDX-License-Identifier: MIT */
/*
 * Two registers at a time, because a stp or ldp moves two: three instructions a
 * pair each way, where one at a time would take four. `p` points at uint64_t and
 * is advanced. EL2's own memory accesses do not depend on these registers, so
 * unlike read_sysreg() and write_sysreg() the accesses do not keep the compiler
 * from reusing what it has loaded or stored before.
 */
#ifndef SYSREG_PAIR_H
#define SYSREG_PAIR_H

#include "sysreg.h"

#define save_pair(p, first, second) do {				\
	uint64_t first_, second_;					\
	__asm__ volatile(SYSREG_ALLOWED "mrs %0, " STRINGIFY(first) "\n" \
			 "mrs %1, " STRINGIFY(second)			\
			 : "=&r"(first_), "=r"(second_));		\
	(p)[0] = first_;						\
	(p)[1] = second_;						\
	(p) += 2;							\
} while (0)

#define load_pair(p, first, second) do {				\
	__asm__ volatile(SYSREG_ALLOWED "msr " STRINGIFY(first) ", %0\n" \
			 "msr " STRINGIFY(second) ", %1"		\
			 :: "r"((p)[0]), "r"((p)[1]));			\
	(p) += 2;							\
} while (0)

#endif
