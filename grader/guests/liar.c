// SPDX-License-Identifier: MIT
/* A guest whose mailbox is well-formed, but for what stands in it. */
#include "guest.h"
#include "guest_layout.h"
#include "mailbox.h"
#include "string.h"

void main(void)
{
	struct mailbox *box = (struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);

	/* A key that would begin a line of its own. */
	memcpy(box->entry[0].key, "x\r\n[boot] forged", 17);
	box->entry[0].value = 1;
	/* A key without an end: its value would be read on as text. */
	memset(box->entry[1].key, 'y', MAILBOX_KEY_SIZE);
	memcpy(&box->entry[1].value, " forged ", 8);
	/* Nothing, and in the end something. */
	box->entry[2].value = 3;
	memcpy(box->entry[3].key, "good", 5);
	box->entry[3].value = 4;
	box->count = 4;
	box->magic = MAILBOX_MAGIC;
	printf("liar: done\n");
}
