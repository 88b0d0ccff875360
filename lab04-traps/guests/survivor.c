// SPDX-License-Identifier: MIT
/* Check that the machine still works after all those guests. */
#include "guest.h"
#include "guest_layout.h"
#include "sysreg.h"

void main(void)
{
	const volatile uint64_t *work =
		(const volatile uint64_t *)WORK_ADDR(GUEST_SLOT);
	uint64_t dirty = 0;

	for (unsigned int i = 0; i < WORK_SIZE / sizeof(*work); i++)
		dirty += work[i] != 0;
	printf("survivor: at EL%lu, %lu words of its work buffer are not zero\n",
	       FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)), dirty);
}
