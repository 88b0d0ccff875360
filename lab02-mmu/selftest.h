/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 2, in the order of its tasks. */
#ifndef LAB02_SELFTEST_H
#define LAB02_SELFTEST_H

/* Task 1: what MAIR_EL2 and TCR_EL2 say. */
void selftest_control(void);

/* Task 2: the attributes of each kind of mapping. */
void selftest_descriptors(void);

/* Task 3: a table that no hardware walks: blocks, splits, refusals, leaks. */
void selftest_tables(void);

/* Task 5: what SCTLR_EL2 says. */
void selftest_enabled(void);

/* Task 5: what EL2's live map allows and forbids, and what AT S1E2R answers. */
void selftest_protection(void);
void selftest_address_translation(void);

/* Task 6: live mappings that change, and a page that is pointed elsewhere. */
void selftest_live(void);
void selftest_remap(void);

#endif
