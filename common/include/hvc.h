/* SPDX-License-Identifier: MIT */
#ifndef HVC_H
#define HVC_H

#include <stdint.h>

#include "hypercall.h"

/* For guests: execute HVC #immediate with x0 = argument, return x0. */
#define hvc(immediate, argument) ({					\
	register uint64_t x0_ __asm__("x0") = (uint64_t)(argument);	\
	__asm__ volatile("hvc %1" : "+r"(x0_) : "i"(immediate) : "memory"); \
	(int64_t)x0_; })

#endif
