// SPDX-License-Identifier: MIT
/*
 * Take each tick late and end it slowly. Other guests run while the interrupt of this
 * guest's timer is pending, and while it is active: their own ticks must not suffer.
 */
#define NAME	"late_ticks"
#define TICKS	8
#define LATE	1
#include "timed_ticks.h"
