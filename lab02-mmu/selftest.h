/* SPDX-License-Identifier: MIT */
#ifndef LAB02_SELFTEST_H
#define LAB02_SELFTEST_H

/* What EL2's map allows and forbids, tried out. The MMU is on. */
void selftest_protection(void);

/* What AT S1E2R answers for addresses of each kind. */
void selftest_address_translation(void);

/* What el2_map() and el2_unmap() refuse, and that they undo what failed. */
void selftest_refusals(void);

/* Blocks are used where they fit, and split where they must be. */
void selftest_blocks(void);

/* A page that is pointed elsewhere shows its new contents at once. */
void selftest_remap(void);

#endif
