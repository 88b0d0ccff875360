/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 3, in the order of its tasks. */
#ifndef LAB03_SELFTEST_H
#define LAB03_SELFTEST_H

#include "vm.h"

/* Task 1: what VTCR_EL2 says. */
void selftest_control(void);

/* Task 2: the attributes of each kind of mapping. */
void selftest_descriptors(void);

/* Task 3: EL2 has a view of its own of the VM's memory. */
void selftest_view(const struct vm *vm);

/* Task 4: which pages are whose: no two VMs share one, no guard is anybody's. */
void selftest_disjoint(void);

/* Task 4: a page that comes and goes, in the tables of `vm`. */
void selftest_unmap(struct vm *vm);

/* Task 5: what VTTBR_EL2 and HCR_EL2 say while `vm` is active. */
void selftest_active(const struct vm *vm);

/* Task 5: what AT S12E1R and S12E1W answer for the active VM; `other` is not it. */
void selftest_address_translation(const struct vm *vm, const struct vm *other);

/* Task 5: EL1 touches memory of `vm`, of nobody, and pages that come and go. */
void selftest_touch(struct vm *vm);

/* Task 5: a VM in the place of an earlier one inherits nothing from it. */
void selftest_vmid_reuse(void);

#endif
