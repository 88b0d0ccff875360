/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 3, in the order of its tasks. */
#ifndef LAB03_SELFTEST_H
#define LAB03_SELFTEST_H

#include "vm.h"

/* Task 1: print VTCR_EL2. */
void selftest_control(void);

/* Task 2: the attributes of each kind of mapping. */
void selftest_descriptors(void);

/* Task 3: EL2's own mapping of the VM's memory. */
void selftest_view(const struct vm *vm);

/* Task 4: no two VMs share a page, and no VM maps a guard. */
void selftest_disjoint(void);

/* Task 4: unmap and map a page in the tables of `vm`. */
void selftest_unmap(struct vm *vm);

/* Task 5: print VTTBR_EL2 and HCR_EL2 while `vm` is active. */
void selftest_active(const struct vm *vm);

/* Task 5: the results of AT S12E1R and S12E1W for the active VM. `other` is not active. */
void selftest_address_translation(const struct vm *vm, const struct vm *other);

/* Task 5: EL1 accesses memory of `vm`, a guard, and pages that are unmapped and mapped. */
void selftest_touch(struct vm *vm);

/* Task 5: a VM that reuses the slot and VMID of an earlier one finds nothing of it. */
void selftest_vmid_reuse(void);

#endif
