/* SPDX-License-Identifier: MIT */
/*
 * Save and load two system registers at a time, because a stp or ldp moves two:
 * three instructions for each pair, where one at a time takes four. `p` points to
 * uint64_t and is advanced. EL2's own memory accesses do not depend on these registers,
 * so, unlike read_sysreg() and write_sysreg(), these have no memory clobber.
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
