# SPDX-License-Identifier: MIT
"""Fields of leaf descriptors, VMSAv8-64, 4 KiB granule.

Arm ARM, "Attribute fields in stage 1 VMSAv8-64 Block and Page descriptors" and the same for
stage 2.
"""

VALID_PAGE = 3  # bits 1 and 0 of a page, and of a table at the upper levels
ACCESS_FLAG = 1 << 10
SHAREABILITY, INNER_SHAREABLE = 3 << 8, 3 << 8

# Stage 1. At EL2 (one privilege level) AP[1] is RES1 and XN is bit 54.
ATTR_INDEX, NORMAL, DEVICE = 7 << 2, 0 << 2, 1 << 2  # el2_mmu.h: MAIR_INDEX_*
AP_1, AP_2 = 1 << 6, 1 << 7  # AP[2] = 1: read-only
XN = 1 << 54

# Stage 2, without FEAT_S2FWB: MemAttr is the memory type itself, not an index.
MEMATTR, NORMAL_WB, DEVICE_nGnRE = 0xF << 2, 0xF << 2, 1 << 2
S2AP_READ, S2AP_WRITE = 1 << 6, 1 << 7
S2_XN, S2_XN_NOWHERE, S2_XN_EVERYWHERE = 3 << 53, 2 << 53, 0
