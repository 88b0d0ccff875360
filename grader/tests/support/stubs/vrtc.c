// SPDX-License-Identifier: MIT
#include "vrtc.h"

int vrtc_create(struct vm *vm, uint64_t (*now)(void))
{
	return !vm || !now;
}
