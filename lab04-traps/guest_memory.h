/* SPDX-License-Identifier: MIT */
/* Access to guest memory by guest pointers, which are translated and checked first. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stddef.h>

#include "vcpu.h"

/*
 * Set `*ipa` to the IPA of virtual address `va` of the loaded guest. The MMU walks
 * the guest's stage 1, as for a read by EL1 (Arm ARM, "AT S1E1R"). 0, or E_FAULT if
 * stage 1 does not allow the read. Preserves PAR_EL1.
 */
int guest_va_to_ipa(uint64_t va, uint64_t *ipa);

/*
 * Copy `size` bytes from virtual address `va` of the loaded guest, as EL1 would
 * read them: through stage 1 and stage 2. 0, or E_FAULT if a byte is unmapped, is not
 * the VM's own memory, or wraps around the address space; then part of `to` may have
 * been written.
 */
int guest_copy_from(struct vcpu *vcpu, void *to, uint64_t va, size_t size);

#endif
