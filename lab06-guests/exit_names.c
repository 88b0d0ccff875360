// SPDX-License-Identifier: MIT
/* The names of exit classes, for the report at the end. */
#include "report.h"

const char *exit_class_name(unsigned int class)
{
	static const char *const names[EXIT_CLASSES] = {
		[EC_UNKNOWN]	= "unknown",
		[EC_WFX]	= "wfx",
		[EC_FP]		= "fp",
		[EC_PAUTH]	= "pauth",
		[EC_HVC64]	= "hvc",
		[EC_SMC64]	= "smc",
		[EC_SYSREG]	= "sysreg",
		[EC_SVE]	= "sve",
		[EC_SME]	= "sme",
		[EC_IABT_LOWER]	= "instruction abort",
		[EC_DABT_LOWER]	= "data abort",
		[EXIT_CLASS_IRQ]	= "irq",
		[EXIT_CLASS_FIQ]	= "fiq",
		[EXIT_CLASS_SERROR]	= "serror",
	};

	return class < EXIT_CLASSES && names[class] ? names[class] : "other";
}
