/* SPDX-License-Identifier: MIT */
/* Assembly: a function with a symbol, a type and a size. */
#ifndef ASM_H
#define ASM_H

	.macro function name
	.section .text.\name, "ax"
	.balign 4
	.globl \name
	.type \name, %function
\name:
	.endm

	.macro endfunction name
	.size \name, . - \name
	.endm

	/*
	 * Save and restore the registers that a function must preserve: x19 to
	 * x30. x29 and x30 are the frame record. 96 bytes of stack. AAPCS64.
	 */
	.macro push_callee_saved
	stp	x29, x30, [sp, #-96]!
	stp	x27, x28, [sp, #16]
	stp	x25, x26, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x19, x20, [sp, #80]
	.endm

	.macro pop_callee_saved
	ldp	x19, x20, [sp, #80]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #32]
	ldp	x27, x28, [sp, #16]
	ldp	x29, x30, [sp], #96
	.endm

	/* An unfilled hole, like todo() in C (todo.h). */
	.macro todo task:req, what:req
	adrp	x0, .Ltask\@
	add	x0, x0, :lo12:.Ltask\@
	adrp	x1, .Lwhat\@
	add	x1, x1, :lo12:.Lwhat\@
	b	todo_stop
	.pushsection .rodata.todo, "a"
.Ltask\@:	.asciz	"\task"
.Lwhat\@:	.asciz	"\what"
	.popsection
	.pushsection .todo, "a"
	.balign	8
	.quad	.Ltask\@, .Lwhat\@, 0
	.popsection
	.endm

#endif
