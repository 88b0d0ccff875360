/* SPDX-License-Identifier: MIT */
/*
 * todo_stop(task, what): called from C, and from boot.S before there is a stack,
 * so it uses the emergency stack of hyp.ld.
 */
#include "asm.h"

function todo_stop
	adrp	x9, emergency_stack_top
	add	x9, x9, :lo12:emergency_stack_top
	mov	sp, x9
	b	todo_report
endfunction todo_stop
