// SPDX-License-Identifier: MIT
/* A guest that reads the guard after its slot, which must stop it. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	volatile uint8_t *target = (volatile uint8_t *)(SLOT_ADDR(GUEST_SLOT) + SLOT_SIZE + 0x123);

	printf("peek: about to read the guard after its slot\n");
	(void)*target;
	printf("peek: the access succeeded\n");
}
