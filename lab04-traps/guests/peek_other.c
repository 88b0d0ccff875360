// SPDX-License-Identifier: MIT
/* A guest that jumps to the next VM's slot, which must stop it. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	void (*target)(void) = (void (*)(void))SLOT_ADDR(GUEST_SLOT + 1);

	printf("peek: about to run the next VM's code\n");
	target();
	printf("peek: the access succeeded\n");
}
