// SPDX-License-Identifier: MIT
/* A guest whose mailbox is well-formed, but for what stands in it. */
#include "guest.h"
#include "guest_layout.h"
#include "mailbox.h"
#include "string.h"

static struct mailbox *const box = (struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);

/* An entry, byte by byte: the key, and of its value what `size` reaches. */
static void put(const char *bytes, size_t size)
{
	memcpy(&box->entry[box->count++], bytes, size);
}

void main(void)
{
	/* A key that would begin a line of its own. */
	put("x\r\n[boot] forged", 17);
	/* A key without an end: its value would be read on as text. */
	put("yyyyyyyyyyyyyyyyyyyyyyyy forged ", MAILBOX_KEY_SIZE + 8);
	/* Another: the byte behind it is a NUL, which is not the key's. */
	put("yyyyyyyyyyyyyyyyyyyyyyyy", MAILBOX_KEY_SIZE + 1);
	/* Nothing; a second value in the line; what a terminal obeys. */
	put("", 1);
	put("x = 0x1", 8);
	put("x\x7f", 3);
	put("x\x9b" "2J", 5);
	/* In the end something. */
	put("good", 5);
	box->magic = MAILBOX_MAGIC;
	printf("liar: done\n");
}
