/* SPDX-License-Identifier: MIT */
/*
 * Q0 to Q31, FPCR and FPSR. EL2 is compiled without FP registers, so those of
 * the loaded guest stay where they are until another is loaded. In line, because
 * a call that may change every register would cost the switch a stack frame.
 */
#ifndef FPSIMD_H
#define FPSIMD_H

#include "context.h"
#include "sysreg_pair.h"

static inline void fp_save(struct context *context)
{
	/* HOLE(lab05.2): All 32 registers, 128 bits each, and the two control registers. */
	uint64_t *p = context->fp.q[0];

	__asm__ volatile(
		".arch_extension fp\n"
		".arch_extension simd\n"
		"st1	{v0.2d-v3.2d}, [%0], #64\n"
		"st1	{v4.2d-v7.2d}, [%0], #64\n"
		"st1	{v8.2d-v11.2d}, [%0], #64\n"
		"st1	{v12.2d-v15.2d}, [%0], #64\n"
		"st1	{v16.2d-v19.2d}, [%0], #64\n"
		"st1	{v20.2d-v23.2d}, [%0], #64\n"
		"st1	{v24.2d-v27.2d}, [%0], #64\n"
		"st1	{v28.2d-v31.2d}, [%0], #64\n"
		: "+r"(p) :: "memory");
	save_pair(p, fpcr, fpsr);
	/* END(lab05.2) */
}

static inline void fp_load(const struct context *context)
{
	/* HOLE(lab05.2): And back. */
	const uint64_t *p = context->fp.q[0];

	__asm__ volatile(
		".arch_extension fp\n"
		".arch_extension simd\n"
		"ld1	{v0.2d-v3.2d}, [%0], #64\n"
		"ld1	{v4.2d-v7.2d}, [%0], #64\n"
		"ld1	{v8.2d-v11.2d}, [%0], #64\n"
		"ld1	{v12.2d-v15.2d}, [%0], #64\n"
		"ld1	{v16.2d-v19.2d}, [%0], #64\n"
		"ld1	{v20.2d-v23.2d}, [%0], #64\n"
		"ld1	{v24.2d-v27.2d}, [%0], #64\n"
		"ld1	{v28.2d-v31.2d}, [%0], #64\n"
		: "+r"(p) :: "memory");
	load_pair(p, fpcr, fpsr);
	/* END(lab05.2) */
}

#endif
