/* SPDX-License-Identifier: MIT */
/*
 * A probe guest's own stage 1: below 2 GiB everything is where it is, and above
 * that is a window of pages whose VA is not their IPA.
 */
#ifndef STAGE1_H
#define STAGE1_H

#include "pte.h"

#define STAGE1_WINDOW	U64(0x80000000)

/* The MMU on, the caches off as before: no maintenance is needed. */
void stage1_enable(void);

/* Map page `n` of the window, 0 to 511, to `ipa`; once, as no TLBI is made. */
void stage1_map(unsigned int n, uint64_t ipa);

#endif
