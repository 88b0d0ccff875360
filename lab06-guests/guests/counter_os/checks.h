/* SPDX-License-Identifier: MIT */
/* Proofs, in assembly, that the vector registers and the keys are this guest's. */
#ifndef CHECKS_H
#define CHECKS_H

#include <stdint.h>

/* Fill Q0 to Q31 with a pattern made of `seed`. */
void fp_fill(uint64_t seed);

/* How many of Q0 to Q31 are not what fp_fill(seed) left; it changes none. */
uint64_t fp_differences(uint64_t seed);

/* Set all five keys from `seed` and switch pointer authentication on. */
void keys_fill(uint64_t seed);

/* A code of all five keys: the same as long as none of them changes. */
uint64_t keys_code(void);

#endif
