/* SPDX-License-Identifier: MIT */
/*
 * The runtime of the two guest operating systems: entry, exceptions, console and
 * messages to EL2.
 */
#ifndef OS_H
#define OS_H

/* Offsets into struct os_frame, for vectors.S. */
#define FRAME_X(n)	((n) * 8)
#define FRAME_ELR	248
#define FRAME_SPSR	256
#define FRAME_SLOT	264
#define FRAME_SIZE	272	/* a multiple of 16, as SP must be */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "guest_layout.h"
#include "printf.h"

struct os_frame {
	uint64_t x[31];
	uint64_t elr, spsr;	/* ELR_EL1, SPSR_EL1 */
	uint64_t slot;		/* of the vector table, 0 to 15 */
};
_Static_assert(offsetof(struct os_frame, x) == FRAME_X(0) &&
	       offsetof(struct os_frame, elr) == FRAME_ELR &&
	       offsetof(struct os_frame, spsr) == FRAME_SPSR &&
	       offsetof(struct os_frame, slot) == FRAME_SLOT &&
	       sizeof(struct os_frame) == FRAME_SIZE,
	       "vectors.S relies on this layout");

#define SLOT_SYNC	4	/* current EL with SP_ELx, synchronous */

/* The main program of the guest. When it returns, the VM is switched off. */
void os_main(void);

/* Handle an exception at EL1. Each guest defines its own. */
void os_exception(struct os_frame *frame);

/* Set up the virtual UART: a PL011 at VUART_IPA, which is also its VA. */
void console_init(void);

/* Switch this VM off: PSCI SYSTEM_OFF. */
_Noreturn void os_off(void);

/*
 * Write `value` under `key` into the mailbox: replace the entry with that key, or add
 * one. 0, or -1 if the mailbox is full or the key does not have 1 to 23 characters.
 */
int guest_log_value(const char *key, uint64_t value);

/*
 * Report the progress of task `task` to EL2: HVC #0x60 with a record that EL2 copies.
 * `name` has 1 to 15 characters. Return HYP_OK or another result of hypercall.h.
 */
int64_t guest_task_report(uint32_t task, const char *name, uint64_t sequence,
			  uint64_t work);
#endif

#endif
