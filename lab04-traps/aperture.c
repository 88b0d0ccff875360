// SPDX-License-Identifier: MIT
#include "aperture.h"

#include <stddef.h>

#include "error.h"

#define APERTURES_PER_VM	4

/* In the order of registration; a size of 0 ends the list. */
static struct aperture apertures[VM_MAX][APERTURES_PER_VM + 1];

int aperture_add(struct vm *vm, const struct aperture *aperture)
{
	struct aperture *a = apertures[vm->id];

	for (; a->size; a++)
		if (aperture->ipa < a->ipa + a->size &&
		    a->ipa < aperture->ipa + aperture->size)
			return E_EXISTS;
	if (a == &apertures[vm->id][APERTURES_PER_VM])
		return E_NO_MEMORY;
	*a = *aperture;
	a[1].size = 0;
	return 0;
}

void aperture_clear(struct vm *vm)
{
	apertures[vm->id][0].size = 0;
}

const struct aperture *aperture_find(const struct vm *vm, uint64_t ipa)
{
	for (const struct aperture *a = apertures[vm->id]; a->size; a++)
		if (ipa - a->ipa < a->size)
			return a;
	return NULL;
}
