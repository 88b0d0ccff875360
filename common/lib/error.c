// SPDX-License-Identifier: MIT
#include "error.h"

const char *error_name(int error)
{
	switch (error) {
	case E_INVALID:		return "invalid";
	case E_NO_MEMORY:	return "no memory";
	case E_EXISTS:		return "exists";
	case E_NOT_FOUND:	return "not found";
	case E_FAULT:		return "bad address";
	default:		return error < 0 ? "unknown error" : "ok";
	}
}
