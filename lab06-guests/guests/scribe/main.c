// SPDX-License-Identifier: MIT
/*
 * scribe: a guest that logs three values and ends. It prints nothing, so that the
 * grader can check the order of its stores: each entry before the count.
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
