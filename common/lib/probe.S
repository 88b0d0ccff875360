/* SPDX-License-Identifier: MIT */
/*
 * Accesses that may fault: see probe.h. The fix-up puts ESR and FAR into x0 and
 * x1 and continues at the `ret`.
 */
#include "asm.h"

	/* If the instruction at \insn faults, continue at \fixup. */
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
 * The byte is read first, so that a probe that succeeds changes nothing. A fault
 * of the read counts as a fault of the probe.
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
 * When the fetch faults, ELR is the target, not the BLR, so the fix-up looks up
 * x30 instead: the instruction after the BLR.
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
