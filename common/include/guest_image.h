/* SPDX-License-Identifier: MIT */
/*
 * The guests of this stage. make links each guest for its slot and generates the
 * table that embeds the images (guests.S in the build directory).
 */
#ifndef GUEST_IMAGE_H
#define GUEST_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct guest_image {
	const char *name;
	const uint8_t *start;	/* a flat image, linked for SLOT_ADDR(index) */
	const uint8_t *end;
};

_Static_assert(offsetof(struct guest_image, start) == 8 &&
	       offsetof(struct guest_image, end) == 16 &&
	       sizeof(struct guest_image) == 24,
	       "guests.S has this layout");

extern const struct guest_image guest_images[];
extern const uint64_t guest_image_count;

#endif
