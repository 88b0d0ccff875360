// SPDX-License-Identifier: MIT
/* A guest that reaches for the next VM's slot, which must be its last act. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	volatile uint8_t *target = (volatile uint8_t *)(SLOT_ADDR(GUEST_SLOT + 1));

	printf("peek: about to read the next VM's slot\n");
	(void)*target;
	printf("peek: that went through\n");
}
