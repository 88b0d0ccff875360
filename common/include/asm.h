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

#endif
