/* SPDX-License-Identifier: MIT */
/*
 * Accesses that may fault: probe.h says what they answer. The fix-up puts
 * ESR and FAR into x0 and x1 and goes on at the `ret` that is the same for all.
 */
#include "asm.h"

	/* If the instruction at \insn faults, go on at \fixup. */
	.macro extable insn, fixup
	.pushsection .extable, "a"
	.balign	8
	.quad	\insn, \fixup
	.popsection
	.endm

function probe_read
1:	ldrb	w2, [x0]
	mov	x0, #0
	mov	x1, #0
2:	ret
	extable	1b, 2b
endfunction probe_read

/*
 * The byte is read first, so that a probe that does get through changes
 * nothing; a fault of the read is a fault of the probe as well.
 */
function probe_write
1:	ldrb	w2, [x0]
2:	strb	w2, [x0]
	mov	x0, #0
	mov	x1, #0
3:	ret
	extable	1b, 3b
	extable	2b, 3b
endfunction probe_write

/*
 * A fetch that faults has ELR at the target, not at the BLR, and the fix-up
 * looks x30 up instead: the instruction after the BLR.
 */
function probe_exec
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	blr	x0
1:	mov	x0, #0
	mov	x1, #0
2:	ldp	x29, x30, [sp], #16
	ret
	extable	1b, 2b
endfunction probe_exec
