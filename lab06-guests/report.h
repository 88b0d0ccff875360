/* SPDX-License-Identifier: MIT */
/* The reports of EL2 at the end. */
#ifndef REPORT_H
#define REPORT_H

#include "vcpu.h"

/*
 * Print the contents of the guests' mailboxes, one line for each value, and "no
 * mailbox" for a malformed one. The contents are untrusted.
 */
void guest_shared_dump(void);

/* Print a line for each VM: the number of its exits, by exception class. */
void exit_report(void);

/* The short name of exit class `class`, 0 to EXIT_CLASSES - 1. Given. */
const char *exit_class_name(unsigned int class);

#endif
