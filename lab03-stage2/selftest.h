/* SPDX-License-Identifier: MIT */
#ifndef LAB03_SELFTEST_H
#define LAB03_SELFTEST_H

#include "vm.h"

/* What AT S12E1R and S12E1W answer for the active VM `vm`; `other` is not it. */
void selftest_address_translation(const struct vm *vm, const struct vm *other);

/* EL1 touches memory of `vm`, of nobody, and pages that come and go. */
void selftest_touch(struct vm *vm);

/* A VM in the place of an earlier one inherits nothing from it. */
void selftest_vmid_reuse(void);

/* Which pages are whose: no two VMs share one, and no guard belongs to any. */
void selftest_disjoint(void);

#endif
