// SPDX-License-Identifier: MIT
/* libFuzzer's entry. The environment variable FORMAT says what a file is read as. */
#include <stdlib.h>

#include "exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *format = getenv("FORMAT");

	if (!format)
		return -1;
	exercise(format, (struct blob){ data, size }, 0x40000000, 0x10000000, "Image", NULL);
	return 0;
}
