/* SPDX-License-Identifier: MIT */
/* FP registers filled and compared, at EL2 as the guest `pattern` does it at EL1. */
#include "guests/pattern/fp.S"
