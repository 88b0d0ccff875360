// SPDX-License-Identifier: MIT
/* A guest that reaches for EL2's image, which must be its last act. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	volatile uint8_t *target = (volatile uint8_t *)(0x40000000);

	printf("peek: about to write EL2's image\n");
	*target = 0;
	printf("peek: that went through\n");
}
