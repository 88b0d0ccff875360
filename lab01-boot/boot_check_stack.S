/* SPDX-License-Identifier: MIT */
/*
 * boot_check(sp): boot_check_state(sp), on the emergency stack, because the SP that
 * task 2 set up is one of the things to check.
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
