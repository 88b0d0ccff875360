// SPDX-License-Identifier: MIT
/* lab 4's apertures, with the storage in the VM. */
#include "aperture.h"

#include "error.h"
#include "guest.h"

int aperture_add(struct vm *vm, const struct aperture *aperture)
{
	struct guest *guest = guest_of(vm);
	unsigned int count = 0;

	if (memory_overlaps(guest, aperture->ipa, aperture->size))
		return E_EXISTS;
	for (const struct aperture *a = vm->apertures; a; a = a->next, count++)
		if (aperture->ipa < a->ipa + a->size &&
		    a->ipa < aperture->ipa + aperture->size)
			return E_EXISTS;
	if (count == GUEST_APERTURES)
		return E_NO_MEMORY;
	guest->aperture[count] = *aperture;
	guest->aperture[count].next = vm->apertures;
	vm->apertures = &guest->aperture[count];
	return 0;
}

void aperture_clear(struct vm *vm)
{
	vm->apertures = NULL;
}
