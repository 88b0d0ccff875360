// SPDX-License-Identifier: MIT
/* A guest that goes on in the next VM's slot, which must be its last act. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	void (*target)(void) = (void (*)(void))SLOT_ADDR(GUEST_SLOT + 1);

	printf("peek: about to run the next VM's code\n");
	target();
	printf("peek: that went through\n");
}
