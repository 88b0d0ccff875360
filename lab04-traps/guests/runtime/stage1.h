/* SPDX-License-Identifier: MIT */
/*
 * A probe guest's own stage 1: identity-mapped below 2 GiB, and above that a window
 * of pages whose VA is not their IPA.
 */
#ifndef STAGE1_H
#define STAGE1_H

#include "pte.h"

#define STAGE1_WINDOW	U64(0x80000000)

/* Turn the MMU on. The caches stay off, so that no maintenance is needed. */
void stage1_enable(void);

/* Map page `n` of the window, 0 to 511, to `ipa`; only once, because there is no TLBI. */
void stage1_map(unsigned int n, uint64_t ipa);

#endif
