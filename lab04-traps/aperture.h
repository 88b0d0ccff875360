/* SPDX-License-Identifier: MIT */
/*
 * Apertures: ranges of IPAs that stay unmapped at stage 2, so that each access
 * faults and EL2 emulates a device.
 */
#ifndef APERTURE_H
#define APERTURE_H

#include <stddef.h>

#include "vm.h"

struct aperture_ops {
	/* `size` is 1, 2, 4 or 8 bytes; higher bits of a value are ignored. */
	uint64_t (*read)(void *device, uint64_t offset, unsigned int size);
	void (*write)(void *device, uint64_t offset, unsigned int size,
		      uint64_t value);
};

struct aperture {
	uint64_t ipa, size;		/* in bytes, 8 or more */
	const struct aperture_ops *ops;
	void *device;
	const struct aperture *next;	/* of the same VM; aperture_add() sets it */
};

_Static_assert(offsetof(struct aperture, ipa) == 0 &&
	       offsetof(struct aperture, ops) == 16 &&
	       offsetof(struct aperture, device) == 24 &&
	       offsetof(struct aperture_ops, read) == 0 &&
	       offsetof(struct aperture_ops, write) == 8,
	       "grader/labs/lab04/aborts.py relies on this layout");

/* Add an aperture to `vm`. 0, E_NO_MEMORY beyond 4, E_EXISTS on overlap. */
int aperture_add(struct vm *vm, const struct aperture *aperture);

/* Remove all apertures of `vm`. */
void aperture_clear(struct vm *vm);

/* The aperture of `vm` that contains all `size` bytes (1 to 8) from `ipa` on, or NULL. */
static inline const struct aperture *aperture_find(const struct vm *vm, uint64_t ipa,
						   uint64_t size)
{
	const struct aperture *a = vm->apertures;

	while (a && ipa - a->ipa > a->size - size)
		a = a->next;
	return a;
}

#endif
