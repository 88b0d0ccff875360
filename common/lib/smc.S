/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* int64_t smccc_smc(fn, a1, a2, a3): x0 to x3 already stand where they must. */
function smccc_smc
	smc	#0
	ret
endfunction smccc_smc
