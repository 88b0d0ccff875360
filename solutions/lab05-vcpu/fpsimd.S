/* SPDX-License-Identifier: MIT */
/*
 * Q0 to Q31, FPCR and FPSR. EL2 is compiled without FP registers, so those of
 * the loaded guest stay where they are until another is loaded.
 */
#include "asm.h"
#include "context.h"

	.arch_extension fp
	.arch_extension simd

	/* void fp_save(struct fp_context *fp) */
function fp_save
	/* HOLE(lab05.2): All 32 registers, 128 bits each, and the two control registers. */
	stp	q0, q1, [x0, #FP_Q(0)]
	stp	q2, q3, [x0, #FP_Q(2)]
	stp	q4, q5, [x0, #FP_Q(4)]
	stp	q6, q7, [x0, #FP_Q(6)]
	stp	q8, q9, [x0, #FP_Q(8)]
	stp	q10, q11, [x0, #FP_Q(10)]
	stp	q12, q13, [x0, #FP_Q(12)]
	stp	q14, q15, [x0, #FP_Q(14)]
	stp	q16, q17, [x0, #FP_Q(16)]
	stp	q18, q19, [x0, #FP_Q(18)]
	stp	q20, q21, [x0, #FP_Q(20)]
	stp	q22, q23, [x0, #FP_Q(22)]
	stp	q24, q25, [x0, #FP_Q(24)]
	stp	q26, q27, [x0, #FP_Q(26)]
	stp	q28, q29, [x0, #FP_Q(28)]
	stp	q30, q31, [x0, #FP_Q(30)]
	mrs	x1, fpcr
	mrs	x2, fpsr
	add	x0, x0, #FP_FPCR
	stp	x1, x2, [x0]
	ret
	/* END(lab05.2) */
endfunction fp_save

	/* void fp_load(const struct fp_context *fp) */
function fp_load
	/* HOLE(lab05.2): And back. */
	ldp	q0, q1, [x0, #FP_Q(0)]
	ldp	q2, q3, [x0, #FP_Q(2)]
	ldp	q4, q5, [x0, #FP_Q(4)]
	ldp	q6, q7, [x0, #FP_Q(6)]
	ldp	q8, q9, [x0, #FP_Q(8)]
	ldp	q10, q11, [x0, #FP_Q(10)]
	ldp	q12, q13, [x0, #FP_Q(12)]
	ldp	q14, q15, [x0, #FP_Q(14)]
	ldp	q16, q17, [x0, #FP_Q(16)]
	ldp	q18, q19, [x0, #FP_Q(18)]
	ldp	q20, q21, [x0, #FP_Q(20)]
	ldp	q22, q23, [x0, #FP_Q(22)]
	ldp	q24, q25, [x0, #FP_Q(24)]
	ldp	q26, q27, [x0, #FP_Q(26)]
	ldp	q28, q29, [x0, #FP_Q(28)]
	ldp	q30, q31, [x0, #FP_Q(30)]
	add	x0, x0, #FP_FPCR
	ldp	x1, x2, [x0]
	msr	fpcr, x1
	msr	fpsr, x2
	ret
	/* END(lab05.2) */
endfunction fp_load
