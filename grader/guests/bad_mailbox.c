// SPDX-License-Identifier: MIT
/* Leave a well-formed mailbox with seven keys that must not be printed and a good one. */
#include "guest.h"
#include "guest_layout.h"
#include "mailbox.h"
#include "string.h"

static struct mailbox *const box = (struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);

/* Write the first `size` bytes of an entry: its key and, if they reach so far, its value. */
static void put(const char *bytes, size_t size)
{
	memcpy(&box->entry[box->count++], bytes, size);
}

void main(void)
{
	/* A key that would begin another line. */
	put("x\r\n[boot] forged", 17);
	/* A key without a NUL: a reader would continue into the value. */
	put("yyyyyyyyyyyyyyyyyyyyyyyy forged ", MAILBOX_KEY_SIZE + 8);
	/* The same, but the first byte after the key is 0. */
	put("yyyyyyyyyyyyyyyyyyyyyyyy", MAILBOX_KEY_SIZE + 1);
	/* An empty key; a second value in the line; control characters. */
	put("", 1);
	put("x = 0x1", 8);
	put("x\x7f", 3);
	put("x\x9b" "2J", 5);
	/* Finally a good one. */
	put("good", 5);
	box->magic = MAILBOX_MAGIC;
	printf("bad_mailbox: done\n");
}
