// SPDX-License-Identifier: MIT
#include "guest_memory.h"

#include "barrier.h"
#include "cache.h"
#include "error.h"
#include "stage2.h"
#include "string.h"
#include "sysreg.h"
#include "todo.h"

int guest_va_to_ipa(uint64_t va, uint64_t *ipa)
{
	/* TODO(lab04.6): AT S1E1R; preserve PAR_EL1, which is the guest's. */
	todo("lab04.6", "guest_va_to_ipa() in lab04-traps/guest_memory.c, read lab04-traps/README.md#task-6");
	/* END(lab04.6) */
}

int guest_copy_from(struct vcpu *vcpu, void *to, uint64_t va, size_t size)
{
	/* TODO(lab04.6): Page by page: VA to IPA, check the owner, IPA to PA, copy. */
	todo("lab04.6", "guest_copy_from() in lab04-traps/guest_memory.c, read lab04-traps/README.md#task-6");
	/* END(lab04.6) */
}
