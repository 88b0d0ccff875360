/* SPDX-License-Identifier: MIT */
/*
 * Two registers at a time, because a stp or ldp moves two: three instructions a
 * pair each way, where one at a time would take four. `p` points at uint64_t and
 * is advanced.
 */
#ifndef SYSREG_PAIR_H
#define SYSREG_PAIR_H

#include "sysreg.h"

#define save_pair(p, first, second) do {				\
	uint64_t first_ = read_sysreg(first);				\
	uint64_t second_ = read_sysreg(second);				\
	(p)[0] = first_;						\
	(p)[1] = second_;						\
	(p) += 2;							\
} while (0)

#define load_pair(p, first, second) do {				\
	uint64_t first_ = (p)[0];					\
	uint64_t second_ = (p)[1];					\
	write_sysreg(first, first_);					\
	write_sysreg(second, second_);					\
	(p) += 2;							\
} while (0)

#endif
