// SPDX-License-Identifier: MIT
/* Take a tick each millisecond and count those that come early or late. */
#define NAME	"punctual_ticks"
#define TICKS	32
#define LATE	0
#include "timed_ticks.h"
