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
#include "todo.h"

static inline void fp_save(struct context *context)
{
	/* TODO(lab05.2): All 32 registers, 128 bits each, and the two control registers. */
	todo("lab05.2", "fp_save() in lab05-vcpu/fpsimd.h, read lab05-vcpu/README.md#task-2");
}

static inline void fp_load(const struct context *context)
{
	/* TODO(lab05.2): And back. */
	todo("lab05.2", "fp_load() in lab05-vcpu/fpsimd.h, read lab05-vcpu/README.md#task-2");
}

#endif
