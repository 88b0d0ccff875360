/* SPDX-License-Identifier: MIT */
/*
 * The mailbox: one page that a VM shares with EL2 alone. The guest writes named
 * values; EL2 prints them when every VM has stopped. EL2 treats the contents as
 * untrusted input.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include <stddef.h>

#include "guest_layout.h"

#define MAILBOX_MAGIC		U64(0x786f626c69616d) /* "mailbox" */
#define MAILBOX_KEY_SIZE	24
#define MAILBOX_ENTRIES		127

struct mailbox_entry {
	char key[MAILBOX_KEY_SIZE];	/* printable, NUL-terminated */
	uint64_t value;
};

struct mailbox {
	uint64_t magic;			/* MAILBOX_MAGIC */
	uint64_t count;			/* entries in use, 0..MAILBOX_ENTRIES */
	uint64_t reserved[2];
	struct mailbox_entry entry[MAILBOX_ENTRIES];
};
_Static_assert(sizeof(struct mailbox) == MAILBOX_SIZE, "a mailbox is a page");
_Static_assert(offsetof(struct mailbox, count) == 8 &&
	       offsetof(struct mailbox, entry) == 32 &&
	       offsetof(struct mailbox_entry, value) == MAILBOX_KEY_SIZE &&
	       sizeof(struct mailbox_entry) == 32,
	       "grader/labs/lab06/drawn.py relies on this layout");

#endif
