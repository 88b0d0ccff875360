// SPDX-License-Identifier: MIT
#include "vtimer.h"

#include "counter.h"
#include "sysreg.h"
#include "todo.h"

uint64_t vtimer_deadline(uint64_t now)
{
	/* TODO(lab05.8): CNTV_CVAL_EL0 in physical time, if the timer can interrupt. */
	todo("lab05.8", "vtimer_deadline() in lab05-vcpu/vtimer.c, read lab05-vcpu/README.md#task-8");
	/* END(lab05.8) */
}

bool vtimer_fires(void)
{
	/* TODO(lab05.8): CNTV_CTL_EL0: enabled, not masked, the condition met. */
	todo("lab05.8", "vtimer_fires() in lab05-vcpu/vtimer.c, read lab05-vcpu/README.md#task-8");
	/* END(lab05.8) */
}
