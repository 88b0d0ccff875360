/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 2, in the order of its tasks. */
#ifndef LAB02_SELFTEST_H
#define LAB02_SELFTEST_H

/* Task 1: print MAIR_EL2 and TCR_EL2. */
void selftest_control(void);

/* Task 2: the attributes of each kind of mapping. */
void selftest_descriptors(void);

/* Task 3: a table that no hardware walks: blocks, splits, errors, leaks. */
void selftest_tables(void);

/* Task 5: print SCTLR_EL2. */
void selftest_enabled(void);

/* Task 5: what EL2's mappings allow and forbid, and the results of AT S1E2R. */
void selftest_protection(void);
void selftest_address_translation(void);

/* Task 6: changes of live mappings, and a page that is remapped. */
void selftest_live(void);
void selftest_remap(void);

#endif
