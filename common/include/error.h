/* SPDX-License-Identifier: MIT */
/* Results: 0 is success, a negative value one of these. */
#ifndef ERROR_H
#define ERROR_H

enum error {
	E_INVALID = -1,		/* unaligned, out of range, empty */
	E_NO_MEMORY = -2,	/* the page pool is empty */
	E_EXISTS = -3,		/* overlaps an existing mapping or aperture */
	E_NOT_FOUND = -4,	/* nothing there */
	E_FAULT = -5,		/* an address that the caller may not access */
};

/* "invalid", "no memory", ...; "ok" for 0 and above. */
const char *error_name(int error);

#endif
