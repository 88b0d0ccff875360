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

/* For the assembler, because the compiler flags disable FP. */
#define FP_ALLOWED	".arch_extension fp\n.arch_extension simd\n"

/* HOLE(lab05.2): All 32 registers, 128 bits each; and the two control registers. */
/* STARTER: #define FP_REGISTERS(move)	"" */
/* STARTER: #define FP_CONTROL(PAIR)	(void)p; @CALL@ */
#define FP_REGISTERS(move)			\
	move "	{v0.2d-v3.2d}, [%0], #64\n"	\
	move "	{v4.2d-v7.2d}, [%0], #64\n"	\
	move "	{v8.2d-v11.2d}, [%0], #64\n"	\
	move "	{v12.2d-v15.2d}, [%0], #64\n"	\
	move "	{v16.2d-v19.2d}, [%0], #64\n"	\
	move "	{v20.2d-v23.2d}, [%0], #64\n"	\
	move "	{v24.2d-v27.2d}, [%0], #64\n"	\
	move "	{v28.2d-v31.2d}, [%0], #64\n"
#define FP_CONTROL(PAIR)	PAIR(p, fpcr, fpsr)
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
