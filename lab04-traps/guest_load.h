/* SPDX-License-Identifier: MIT */
/* From an embedded image to a VM that can be started. */
#ifndef GUEST_LOAD_H
#define GUEST_LOAD_H

#include "guest_image.h"
#include "vcpu.h"

/*
 * A VM with guest `image` in its slot, a UART and one vCPU, ready for
 * vcpu_start(). Panics if there is no room: the stage's guests must all fit.
 */
struct vcpu *guest_load(const struct guest_image *image);

#endif
