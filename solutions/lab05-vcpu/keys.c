// SPDX-License-Identifier: MIT
/*
 * Pointer authentication: five keys of 128 bits, in pairs of registers. There is
 * one set for all exception levels, so EL2 must not sign with it while a guest's
 * keys are loaded, and does not: it is compiled without.
 */
#include "context.h"
#include "sysreg_pair.h"

void keys_save(uint64_t *keys)
{
	/* HOLE(lab05.3): APIA, APIB, APDA, APDB and APGA, both halves of each. */
	save_pair(keys, APIAKEYLO_EL1, APIAKEYHI_EL1);
	save_pair(keys, APIBKEYLO_EL1, APIBKEYHI_EL1);
	save_pair(keys, APDAKEYLO_EL1, APDAKEYHI_EL1);
	save_pair(keys, APDBKEYLO_EL1, APDBKEYHI_EL1);
	save_pair(keys, APGAKEYLO_EL1, APGAKEYHI_EL1);
	/* END(lab05.3) */
}

void keys_load(const uint64_t *keys)
{
	/* HOLE(lab05.3): And back. */
	load_pair(keys, APIAKEYLO_EL1, APIAKEYHI_EL1);
	load_pair(keys, APIBKEYLO_EL1, APIBKEYHI_EL1);
	load_pair(keys, APDAKEYLO_EL1, APDAKEYHI_EL1);
	load_pair(keys, APDBKEYLO_EL1, APDBKEYHI_EL1);
	load_pair(keys, APGAKEYLO_EL1, APGAKEYHI_EL1);
	/* END(lab05.3) */
}
