/* SPDX-License-Identifier: MIT */
/* Checks, in assembly, that the vector registers and the keys are this guest's. */
#ifndef CHECKS_H
#define CHECKS_H

#include <stdint.h>

/* Fill Q0 to Q31 with a pattern made of `seed`. */
void fp_fill(uint64_t seed);

/* Return how many of Q0 to Q31 differ from what fp_fill(seed) wrote. */
uint64_t fp_differences(uint64_t seed);

/* Set all five keys from `seed` and switch pointer authentication on. */
void keys_fill(uint64_t seed);

/* Return a code that changes if any of the five keys changes. */
uint64_t keys_code(void);

#endif
