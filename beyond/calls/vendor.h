/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own calls, for guests: Vendor Specific Hypervisor Service Calls of SMCCC.
 * Arguments in x1 and x2, result in x0: 0, or an error of error.h.
 */
#ifndef VENDOR_H
#define VENDOR_H

#define VENDOR_MAP	0xc6000000	/* IPA, bytes: memory_map() of region.h */
#define VENDOR_UNMAP	0xc6000001	/* IPA, bytes: memory_unmap() */
#define VENDOR_YIELD	0xc6000002	/* let another vCPU run */
#define VENDOR_COUNT	0xc6000003	/* a number of exits: how many this vCPU had in all */

/* SMCCC, "General service queries": of every owner of services. */
#define VENDOR_UID	0x8600ff01	/* in w0 to w3 */
#define VENDOR_REVISION	0x8600ff03	/* major in x0, minor in x1 */

#endif
