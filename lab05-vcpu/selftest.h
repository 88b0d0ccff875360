/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 5's first tasks, at EL2 without a guest. */
#ifndef LAB05_SELFTEST_H
#define LAB05_SELFTEST_H

/* Tasks 1, 2 and 3: registers filled, saved, overwritten, loaded, compared. */
void selftest_el1(void);
void selftest_fp(void);
void selftest_keys(void);

/* Task 4: acknowledge an interrupt, drop its priority, deactivate it. */
void selftest_gic(void);

/* Task 5: CNTHP interrupts at its deadline, and not after it was stopped. */
void selftest_slice(void);

#endif
