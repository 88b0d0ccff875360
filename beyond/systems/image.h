/* SPDX-License-Identifier: MIT */
/* The header of an arm64 Linux Image (Linux, "Booting AArch64 Linux", section 4). */
#ifndef IMAGE_H
#define IMAGE_H

#include "blob.h"

#define IMAGE_ALIGN	0x200000	/* a base is a multiple of this: 2 MiB */

struct image {
	uint64_t text_offset;	/* of the Image from its base */
	uint64_t size;		/* bytes of memory from the Image's start on, .bss included */
	uint32_t page_size;	/* in bytes; 0: the Image does not say */
	bool low;		/* the base should be near the start of RAM */
};

/* Read the header. 0 or a refusal, REFUSED_IMAGE_*. */
int image_open(struct image *image, struct blob file);

/*
 * Set `*address` to where the Image goes in [start, start + size), which is also its
 * entry: the lowest place that the header allows. 0 or REFUSED_IMAGE_OUTSIDE.
 */
int image_place(const struct image *image, uint64_t start, uint64_t size, uint64_t *address);

#endif
