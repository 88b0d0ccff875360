// SPDX-License-Identifier: MIT
/* A guest that writes EL2's image, which must stop it. */
#include "guest.h"
#include "guest_layout.h"

void main(void)
{
	volatile uint8_t *target = (volatile uint8_t *)(0x40000000);

	printf("peek: about to write EL2's image\n");
	*target = 0;
	printf("peek: the access succeeded\n");
}
