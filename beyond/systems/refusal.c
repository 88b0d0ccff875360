// SPDX-License-Identifier: MIT
#include "refusal.h"

#include "error.h"

#define REFUSAL_SENTENCE(name, sentence)	sentence,

static const char *const sentences[] = { REFUSALS(REFUSAL_SENTENCE) };

const char *refusal_sentence(int code)
{
	if (code <= REFUSED_BASE || code >= REFUSED_END)
		return error_name(code);
	return sentences[code - REFUSED_BASE - 1];
}
