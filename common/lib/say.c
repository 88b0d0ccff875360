// SPDX-License-Identifier: MIT
#include "say.h"

#include <stdint.h>

#include "printf.h"

#define DIGITS	16

/* Volatile, so that the compiler does not assume 0: the grader changes it. */
extern const volatile uint64_t boot_nonce;
const volatile uint64_t boot_nonce = 0;

const char *nonce_text(void)
{
	static char text[1 + DIGITS + 1] = " ";	/* in .data: .bss may be junk */
	uint64_t nonce = boot_nonce;

	if (!nonce)
		return "";
	for (int i = DIGITS; i > 0; i--, nonce >>= 4)
		text[i] = "0123456789abcdef"[nonce & 0xf];
	return text;
}

void say(const char *tag, const char *format, ...)
{
	va_list args;

	printf("[%s%s] ", tag, nonce_text());
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}
