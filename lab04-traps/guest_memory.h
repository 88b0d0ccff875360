/* SPDX-License-Identifier: MIT */
/* Pointers that come from a guest: translated and bounds-checked before EL2 reads. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stddef.h>

#include "vcpu.h"

/*
 * The IPA of virtual address `va` of the loaded guest, by asking the MMU to walk its
 * stage 1 as for a read by EL1 (Arm ARM, "AT S1E1R"). 0, or E_FAULT if stage 1 does
 * not allow it. PAR_EL1, the guest's own, is as before.
 */
int guest_va_to_ipa(uint64_t va, uint64_t *ipa);

/*
 * Copy `size` bytes from virtual address `va` of the loaded guest, as EL1 itself
 * would read them: through its stage 1 and stage 2. 0, or E_FAULT if a byte of it
 * is unmapped, not the VM's own memory, or wraps around the address space. `to`
 * may have been written in part then.
 */
int guest_copy_from(struct vcpu *vcpu, void *to, uint64_t va, size_t size);

#endif
