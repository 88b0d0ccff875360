/* SPDX-License-Identifier: MIT */
/*
 * Call every function of the readers in beyond/systems/ on a file, say what they
 * return, and abort if that breaks a promise of their headers. For the host.
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdio.h>

#include "blob.h"

/*
 * `format` is "cpio", "fdt", "elf" or "image". `start` and `size` are the VM's memory.
 * `name` is the member to find. What is found is written to `out`, unless that is NULL.
 */
void exercise(const char *format, struct blob file, uint64_t start, uint64_t size,
	      const char *name, FILE *out);

#endif
