/* SPDX-License-Identifier: MIT */
/*
 * The memory layout, for EL2, the guests, gdb and the grader. In the six labs a
 * guest's intermediate physical addresses (IPA) equal physical addresses (PA);
 * names still tell the two apart.
 *
 *	0x4000_0000  EL2 image                        (hyp.ld)
 *	0x40e0_0000  mailbox of VM 0, guard, mailbox of VM 1, guard, ...
 *	0x4100_0000  slot of VM 0
 *	             guard
 *	             slot of VM 1
 *	             ...
 *
 * A slot, from its base: the guest's image, data and stack; at its end the
 * guest's private work buffer. A guard belongs to no VM and is never mapped.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#include "pte.h"

#define VM_MAX			16

#define HYP_IMAGE_LIMIT		U64(0x40e00000)	/* the EL2 image ends below */

#define MAILBOX_BASE		U64(0x40e00000)
#define MAILBOX_SIZE		PAGE_SIZE
#define MAILBOX_ADDR(vm)	(MAILBOX_BASE + (vm) * 2 * MAILBOX_SIZE)

#define GUEST_WINDOW_BASE	U64(0x41000000)
/* CONFIG_*: make's SLOT_PAGES and GUARD_PAGES. */
#define SLOT_SIZE		(U64(CONFIG_SLOT_PAGES) * PAGE_SIZE)
#define GUARD_SIZE		(U64(CONFIG_GUARD_PAGES) * PAGE_SIZE)
#define SLOT_ADDR(vm)		(GUEST_WINDOW_BASE + (vm) * (SLOT_SIZE + GUARD_SIZE))

/* The guest's private heap, at the end of its slot. */
#define WORK_SIZE		U64(0x10000)
#define WORK_ADDR(vm)		(SLOT_ADDR(vm) + SLOT_SIZE - WORK_SIZE)

/*
 * The virtual UART: the registers of a PL011, at the address of the machine's
 * real one. Never mapped at stage 2; EL2 emulates each access.
 */
#define VUART_IPA		U64(0x09000000)
#define VUART_SIZE		U64(0x00001000)

#ifndef __ASSEMBLER__
_Static_assert(CONFIG_SLOT_PAGES >= 64, "SLOT_PAGES must be 64 or more");
_Static_assert(CONFIG_GUARD_PAGES >= 1, "GUARD_PAGES must be 1 or more");
_Static_assert(MAILBOX_ADDR(VM_MAX) <= GUEST_WINDOW_BASE,
	       "the mailboxes must end below the guest window");
#endif

#endif
