/* SPDX-License-Identifier: MIT */
/*
 * boot_check(sp): boot_check_state(sp), on the emergency stack. What task 2 made of
 * SP is one of the questions, so the answer must not depend on it.
 */
#include "asm.h"

function boot_check
	adrp	x1, emergency_stack_top
	add	x1, x1, :lo12:emergency_stack_top
	mov	sp, x1
	stp	x0, x30, [sp, #-16]!
	bl	boot_check_state
	ldp	x0, x30, [sp], #16
	mov	sp, x0
	ret
endfunction boot_check
