/* SPDX-License-Identifier: MIT */
/*
 * The bundle that QEMU's loader has put into RAM: one CPIO archive with the machine's
 * device tree, then all that VMs are made of. bundle.py writes it.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "cpio.h"
#include "fdt.h"

#define BUNDLE_BASE	U64(0x42000000)
#define BUNDLE_SIZE_AT	(BUNDLE_BASE - 8)	/* its size in bytes, 64 bits */
#define MACHINE_TREE	"machine.dtb"

/* The machine, as its own device tree describes it. */
struct machine_description {
	struct fdt_range memory;
	unsigned int cores;
};

/*
 * Open the bundle and read the machine's device tree. Then all of RAM from `*free` on is
 * mapped for EL2 and given to frames_init(), and the bundle is owned. Panics, in a sentence, if
 * there is no bundle or the machine is too small for it.
 */
void bundle_open(struct machine_description *machine);

/* The archive. */
struct blob bundle(void);

#endif
