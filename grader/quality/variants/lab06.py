# SPDX-License-Identifier: MIT
"""Variants of lab 6."""

from __future__ import annotations

from . import Edit, Variant

START = "lab06-guests/guests/runtime/start.S"
COUNTER = "lab06-guests/guests/counter_os/main.c"
MEMWALK = "lab06-guests/guests/memwalk_os/main.c"
MMU = "lab06-guests/guests/memwalk_os/mmu.c"
LOG = "lab06-guests/guests/runtime/log.c"
CONSOLE = "lab06-guests/guests/runtime/console.c"
REPORT = "lab06-guests/report.c"
MACHINE = "lab06-guests/machine.c"

MAP = """\
		uint64_t *table = tables[0];
		unsigned int shift = PAGE_SHIFT + 9 * (PT_LAST_LEVEL - START_LEVEL);

		for (; shift > PAGE_SHIFT; shift -= 9)
			table = next_table(&table[(va + offset) >> shift &
						  (PT_ENTRIES - 1)]);
		table[(va + offset) >> PAGE_SHIFT & (PT_ENTRIES - 1)] =
"""
MAP_UNROLLED = """\
		uint64_t at = va + offset;
		uint64_t *level2 = next_table(&tables[0][at >> 30 & 511]);
		uint64_t *level3 = next_table(&level2[at >> 21 & 511]);

		level3[at >> 12 & 511] =
"""
WORK = """\
	while (ticks == before)
		heap[units++ % (WORK_SIZE / sizeof(*heap))]++;
	return units;
"""
WORK_POINTER = """\
	volatile uint64_t *word = heap;

	do {
		*word = *word + 1;
		units++;
		if (++word == heap + WORK_SIZE / 8)
			word = heap;
	} while (ticks == before);
	return units;
"""
SLEEP = """\
	irq_disable();
	before = ticks;
	while (ticks == before) {
		/* A pending interrupt ends WFI and is taken after it. */
		wfi();
		irq_enable();
		guest_isb();
		irq_disable();
	}
	irq_enable();
"""
SLEEP_FOR_EVER = """\
	irq_disable();
	for (before = ticks;;) {
		if (ticks != before)
			break;
		dsb(sy);
		wfi();
		irq_enable();
		guest_isb();
		guest_isb();
		irq_disable();
	}
	irq_enable();
"""
KEY = """\
	for (int i = 0; i < MAILBOX_KEY_SIZE; i++) {
		if (!key[i])
			return i > 0;
		if (key[i] < ' ' || key[i] > '~' || key[i] == '=')
			return false;
	}
	return false;
"""
KEY_BY_LENGTH = """\
	int length = 0;

	while (length < MAILBOX_KEY_SIZE && key[length])
		length++;
	if (length == 0 || length == MAILBOX_KEY_SIZE)
		return false;
	for (int i = 0; i < length; i++)
		if (key[i] < 0x20 || key[i] > 0x7e || key[i] == '=')
			return false;
	return true;
"""

COUNT = (
    "\t\tdmb(ishst);\t/* an observer of the count must see the entry */\n\t\tbox->count = n + 1;\n")
CALL = "\tmov\tx29, xzr\t\t/* the end of every backtrace */\n\tmov\tx30, xzr\n"
CALL_FRAMED = "\tstp\txzr, xzr, [sp, #-16]!\t/* the end of every backtrace */\n\tmov\tx29, sp\n"

VARIANTS = [
    Variant(6, "a frame record on the stack before os_main()", (Edit(START, CALL, CALL_FRAMED),)),
    Variant(6, "the count stored with release semantics", (
        Edit(LOG, COUNT, "\t\t__atomic_store_n(&box->count, n + 1, __ATOMIC_RELEASE);\n"),)),
    Variant(6, "the heap compared from its end", (
        Edit(MEMWALK, "\tfor (uint64_t i = 0; i < WORDS; i++)\n\t\twrong +=",
             "\tfor (uint64_t i = WORDS; i-- > 0;)\n\t\twrong +="),)),
    Variant(6, "a guest's tables without a loop over the levels", (Edit(MMU, MAP, MAP_UNROLLED),)),
    Variant(6, "work by a pointer that wraps", (Edit(COUNTER, WORK, WORK_POINTER),)),
    Variant(6, "sleep in an endless loop with a break", (Edit(COUNTER, SLEEP, SLEEP_FOR_EVER),)),
    Variant(6, "a key measured first", (Edit(REPORT, KEY, KEY_BY_LENGTH),)),
    Variant(6, "prints of the guest's own", (
        Edit(COUNTER, "\tirq_disable();\n\ttimer_stop();\n",
             '\tirq_disable();\n\tprintf("counter_os: that was it\\n");\n\ttimer_stop();\n'),)),
    Variant(6, "off without a loop", (
        Edit(CONSOLE, "\tfor (;;)\n\t\thvc(HVC_SMCCC, PSCI_SYSTEM_OFF);\n",
             "\thvc(HVC_SMCCC, PSCI_SYSTEM_OFF);\n\twhile (1)\n\t\t;\n"),)),
    Variant(6, "the end in two passes: all wiped, then all destroyed", (
        Edit(MACHINE, "\tfor (unsigned int id = 0; id < VM_MAX; id++)\n\t\tif (vm_get(id))\n"
             "\t\t\ttake_apart(vm_get(id));\n",
             "\tfor (unsigned int id = 0; id < VM_MAX; id++)\n\t\tif (vm_get(id))\n"
             "\t\t\tcache_zero((void *)SLOT_ADDR(id), SLOT_SIZE);\n"
             "\tfor (unsigned int id = 0; id < VM_MAX; id++)\n\t\tif (vm_get(id))\n"
             "\t\t\ttake_apart(vm_get(id));\n"),)),
]
