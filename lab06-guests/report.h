/* SPDX-License-Identifier: MIT */
/* What EL2 tells at the end. */
#ifndef REPORT_H
#define REPORT_H

#include "vcpu.h"

/*
 * Print what the guests have left in their mailboxes, a line a value, and the
 * line "no mailbox" for one that is not well-formed. The contents are guests'
 * words: nothing in them is relied on.
 */
void guest_shared_dump(void);

/* A line a VM: how often it left for EL2, by exception class. */
void exit_report(void);

/* A short name of exit class `class`, 0 to EXIT_CLASSES - 1. Given. */
const char *exit_class_name(unsigned int class);

#endif
