/* SPDX-License-Identifier: MIT */
/* Fill and compare FP registers, with the code of the guest `pattern`. */
#include "guests/pattern/fp.S"
