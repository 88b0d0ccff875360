/* SPDX-License-Identifier: MIT */
/* A VM as its device tree describes it: memory, vCPUs, devices. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "guest.h"

/*
 * Give an empty VM what its device tree describes. Every node with a `compatible` must be
 * something that EL2 provides, so that a tree never promises what is not there. 0, or an
 * error; then `*culprit` is the node that is at fault, or NULL.
 */
int describe(struct guest *guest, const struct fdt *fdt, const char **culprit);

#endif
