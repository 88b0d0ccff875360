/* SPDX-License-Identifier: MIT */
/* Create a VM from an embedded guest image. */
#ifndef GUEST_LOAD_H
#define GUEST_LOAD_H

#include "guest_image.h"
#include "vcpu.h"

/*
 * Create a VM with guest `image` in its slot, a UART and one vCPU, ready for
 * vcpu_start(). Panics if there is no room.
 */
struct vcpu *guest_load(const struct guest_image *image);

#endif
