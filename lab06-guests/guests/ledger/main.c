// SPDX-License-Identifier: MIT
/*
 * ledger: a guest that tests the limits of log.c and prints the results. Given; the
 * grader boots it alone: make run GUESTS=ledger.
 */
#include "hypercall.h"
#include "mailbox.h"
#include "os.h"
#include "string.h"
#include "todo.h"

void os_exception(struct os_frame *frame)
{
	printf("ledger: exception in slot %lu at 0x%lx\n", frame->slot,
	       frame->elr);
	os_off();
}

static volatile struct mailbox *mailbox(void)
{
	return (volatile struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);
}

/* Log `value` under a key of `length` letters. */
static int log_letters(size_t length, uint64_t value)
{
	char key[MAILBOX_KEY_SIZE + 1] = "";

	memset(key, 'k', length);
	return guest_log_value(key, value);
}

/* Log `value` under a key that is the number `n`. */
static int log_number(unsigned int n, uint64_t value)
{
	char key[] = { '0' + n / 100, '0' + n / 10 % 10, '0' + n % 10, '\0' };

	return guest_log_value(key, value);
}

/* So that a NUL which is left out is not there by chance. */
static void dirty_the_entries(void)
{
	struct mailbox *box = (struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);

	memset(box->entry, '~', sizeof(box->entry));
}

static void try_keys(void)
{
	int none = log_letters(0, 1);
	int longest = log_letters(MAILBOX_KEY_SIZE - 1, 2);
	int one = log_letters(1, 3), two = log_letters(2, 4);
	int longer = log_letters(MAILBOX_KEY_SIZE, 5);

	printf("ledger: keys of 0, 23, 1, 2 and 24 characters: %d %d %d %d %d, count %lu\n",
	       none, longest, one, two, longer, mailbox()->count);
	one = log_letters(1, 6);
	printf("ledger: a key again: %d, value %lu, count %lu, the magic number is %s\n",
	       one, mailbox()->entry[1].value, mailbox()->count,
	       mailbox()->magic == MAILBOX_MAGIC ? "there" : "missing");
}

static void try_full_mailbox(void)
{
	int more, again;

	for (unsigned int n = 3; n < MAILBOX_ENTRIES; n++)
		log_number(n, n);
	printf("ledger: all entries taken: count %lu\n", mailbox()->count);
	more = log_number(MAILBOX_ENTRIES, 7);
	again = log_number(MAILBOX_ENTRIES - 1, 8);
	printf("ledger: one more: %d; the last again: %d, value %lu; count %lu\n",
	       more, again, mailbox()->entry[MAILBOX_ENTRIES - 1].value,
	       mailbox()->count);
}

/* So that fields which a record leaves unset are not 0 by chance. */
__attribute__((noinline)) static void dirty_the_stack(void)
{
	volatile uint64_t junk[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(junk); i++)
		junk[i] = UINT64_C(0x2a2a2a2a2a2a2a2a);
}

static void try_reports(void)
{
	int64_t longest, bad;

	dirty_the_stack();
	longest = guest_task_report(3, "fifteen_letters", 1, 2);
	dirty_the_stack();
	bad = guest_task_report(3, "\033[2J", 2, 3);
	printf("ledger: a name of 15 characters: %ld; a bad one: %ld\n",
	       longest, bad);
}

void os_main(void)
{
	task("lab06.2");
	printf("ledger: up\n");
	dirty_the_entries();
	try_keys();
	try_full_mailbox();
	try_reports();
	printf("ledger: done\n");
}
