/* SPDX-License-Identifier: MIT */
/*
 * The bundle: a CPIO archive in the "newc" format, read in place. The format is in
 * Linux, "initramfs buffer format"; bundle.py writes it.
 */
#ifndef CPIO_H
#define CPIO_H

#include "blob.h"

struct cpio_member {
	const char *name;	/* ends with a 0 inside of the archive */
	struct blob data;
	uint64_t next;		/* offset of the next header in the archive */
};

/*
 * Step to the next regular file. `*member` is all zero for the first call and left as
 * it is for the others. 1: there is one; 0: this was the last; negative: a refusal,
 * REFUSED_CPIO_*. The archive may be shorter than its blob: the trailer ends it.
 * Directories, links and devices are skipped.
 */
int cpio_next(struct blob archive, struct cpio_member *member);

/*
 * Find the first regular file called `name`. 0, E_NOT_FOUND, or a refusal if the
 * archive up to there is malformed.
 */
int cpio_find(struct blob archive, const char *name, struct cpio_member *member);

#endif
