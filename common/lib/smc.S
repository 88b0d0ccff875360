/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* int64_t smccc_smc(fn, a1, a2, a3): SMC takes its arguments in x0 to x3 too. */
function smccc_smc
	smc	#0
	ret
endfunction smccc_smc
