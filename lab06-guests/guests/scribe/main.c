// SPDX-License-Identifier: MIT
/*
 * scribe: a guest that logs three values and ends. It says nothing, so that the
 * grader can look at each of its stores: which came first, the entry or the count?
 */
#include "os.h"
#include "todo.h"

void os_exception(struct os_frame *frame)
{
	(void)frame;
	os_off();
}

void os_main(void)
{
	task("lab06.2");
	guest_log_value("first", 0x1111);
	guest_log_value("second", 0x2222);
	guest_log_value("third", 0x3333);
}
