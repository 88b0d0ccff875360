/* SPDX-License-Identifier: MIT */
/*
 * Q0 to Q31, FPCR and FPSR. EL2 is compiled without FP registers, so the loaded
 * guest's values stay in them until another guest is loaded. These functions are
 * inline because a call would cost the switch a stack frame.
 */
#ifndef FPSIMD_H
#define FPSIMD_H

#include "context.h"
#include "sysreg_pair.h"
#include "todo.h"

/* For the assembler, because the compiler flags disable FP. */
#define FP_ALLOWED	".arch_extension fp\n.arch_extension simd\n"

/* TODO(lab05.2): All 32 registers, 128 bits each; and the two control registers. */
#define FP_REGISTERS(move)	""
#define FP_CONTROL(PAIR)	(void)p; todo("lab05.2", "lab05-vcpu/fpsimd.h, read lab05-vcpu/README.md#task-2");
/* END(lab05.2) */

static inline void fp_save(struct context *context)
{
	uint64_t *p = context->fp.q[0];

	__asm__ volatile(FP_ALLOWED FP_REGISTERS("st1") : "+r"(p) :: "memory");
	FP_CONTROL(save_pair);
}

static inline void fp_load(const struct context *context)
{
	const uint64_t *p = context->fp.q[0];

	__asm__ volatile(FP_ALLOWED FP_REGISTERS("ld1") : "+r"(p) :: "memory");
	FP_CONTROL(load_pair);
}

#endif
