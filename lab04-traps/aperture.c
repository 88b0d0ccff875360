// SPDX-License-Identifier: MIT
#include "aperture.h"

#include <stddef.h>

#include "error.h"

#define APERTURES_PER_VM	4

static struct aperture apertures[VM_MAX][APERTURES_PER_VM];

int aperture_add(struct vm *vm, const struct aperture *aperture)
{
	unsigned int count = 0;

	for (const struct aperture *a = vm->apertures; a; a = a->next, count++)
		if (aperture->ipa < a->ipa + a->size &&
		    a->ipa < aperture->ipa + aperture->size)
			return E_EXISTS;
	if (count == APERTURES_PER_VM)
		return E_NO_MEMORY;
	apertures[vm->id][count] = *aperture;
	apertures[vm->id][count].next = vm->apertures;
	vm->apertures = &apertures[vm->id][count];
	return 0;
}

void aperture_clear(struct vm *vm)
{
	vm->apertures = NULL;
}
