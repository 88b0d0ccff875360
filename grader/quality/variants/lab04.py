# SPDX-License-Identifier: MIT
"""Variants of lab 4."""

from __future__ import annotations

from . import Edit, Variant

SWITCH = "lab04-traps/world_switch.S"
ABORT = "lab04-traps/abort.c"
TRAPS = "lab04-traps/traps.c"
MEMORY = "lab04-traps/guest_memory.c"
HYPERCALL = "lab04-traps/hypercall.c"

LOADS = [f"\tldp\tx{n}, x{n + 1}, [sp, #VCPU_X({n})]\n" for n in range(2, 30, 2)]
VALUE = """\
		value = vcpu_read_x(vcpu, rt) << unused >> unused;
"""
LOAD = """\
		if (esr & ISS_ABT_SSE)
			value = (int64_t)(value << unused) >> unused;
		else
			value = value << unused >> unused;
		if (!(esr & ISS_ABT_SF))
			value = (uint32_t)value;	/* a write to Wt */
"""
OWN_FILE = """\
#include "widen.h"

uint64_t narrow(uint64_t value, unsigned int size)
{
	switch (size) {
	case 1: return (uint8_t)value;
	case 2: return (uint16_t)value;
	case 4: return (uint32_t)value;
	default: return value;
	}
}

uint64_t widen(uint64_t value, unsigned int size, bool sign, bool is_64)
{
	value = narrow(value, size);
	if (sign && size == 1)
		value = (int64_t)(int8_t)value;
	if (sign && size == 2)
		value = (int64_t)(int16_t)value;
	if (sign && size == 4)
		value = (int64_t)(int32_t)value;
	return is_64 ? value : narrow(value, 4);
}
"""
OWN_HEADER = """\
#ifndef WIDEN_H
#define WIDEN_H
#include <stdbool.h>
#include <stdint.h>
uint64_t narrow(uint64_t value, unsigned int size);
uint64_t widen(uint64_t value, unsigned int size, bool sign, bool is_64);
#endif
"""
DISPATCH = """\
	uint64_t esr = reason == EXIT_SYNC ? read_sysreg(esr_el2) : 0;
	trap_handler handler;

	vcpu->exits[exit_class(reason, esr)]++;
	if (reason == EXIT_SYNC) {
		handler = handlers[esr_ec(esr)];
		return handler ? handler(vcpu, esr) : unexpected_class(vcpu, esr);
	}
	handler = interrupt_handlers[reason];
	return handler ? handler(vcpu, 0) : unexpected_interrupt(vcpu);
"""
ONE_CALL = """\
	trap_handler handler;
	uint64_t esr = 0;

	if (reason == EXIT_SYNC) {
		esr = read_sysreg(esr_el2);
		vcpu->exits[esr_ec(esr)]++;
		handler = handlers[esr_ec(esr)];
	} else {
		vcpu->exits[EC_COUNT + reason - EXIT_IRQ]++;
		handler = interrupt_handlers[reason];
	}
	if (handler)
		return (*handler)(vcpu, esr);
	else if (reason == EXIT_SYNC)
		return unexpected_class(vcpu, esr);
	else
		return unexpected_interrupt(vcpu);
"""
COPY = "		size_t part = MIN(size, PAGE_SIZE - va % PAGE_SIZE);\n"

VARIANTS = [
    Variant(4, "guest registers loaded from the last pair on", (
        Edit(SWITCH, "".join(LOADS) + "\tldr\tx30, [sp, #VCPU_X(30)]\n",
             "\tldr\tx30, [sp, #VCPU_X(30)]\n" + "".join(reversed(LOADS))),), also=(5, 6)),
    Variant(4, "a register at a time", (
        Edit(SWITCH, LOADS[0], "\tldr\tx2, [sp, #VCPU_X(2)]\n\tldr\tx3, [sp, #VCPU_X(3)]\n"),
        Edit(SWITCH, "\tdsb\tnsh\t\t\t/* no speculation past the ERET */\n"
             "\tisb\t\t\t\t/* with the guest's"
             " registers */\n", "\tdsb\tsy\n\tisb\n")), also=(5, 6)),
    Variant(4, "loads and stores in a separate file", (
        Edit(ABORT, VALUE, "\t\tvalue = narrow(vcpu_read_x(vcpu, rt), size);\n"),
        Edit(ABORT, LOAD, "\t\tvalue = widen(value, size, esr & ISS_ABT_SSE, esr & ISS_ABT_SF);\n"),
        Edit(ABORT, "\tunsigned int unused = 64 - 8 * size;	/* high bits not accessed */\n", ""),
        Edit(ABORT, '#include "traps.h"\n', '#include "traps.h"\n#include "widen.h"\n')),
        (("lab04-traps/widen.c", OWN_FILE), ("lab04-traps/widen.h", OWN_HEADER))),
    Variant(4, "handlers of classes and of interrupts called in one place", (
        Edit(TRAPS, DISPATCH, ONE_CALL),), also=(5, 6)),
    Variant(4, "a guest's record copied word by word", (
        Edit(MEMORY, COPY, "		size_t part = MIN(size, 8 - va % 8);\n"),)),
    Variant(4, "a record's version copied and checked before the rest", (
        Edit(HYPERCALL, "	if (guest_copy_from(vcpu, &report, vcpu->x[0], sizeof(report)))\n"
             "		return answer(vcpu, HYP_BAD_ADDRESS);\n",
             "	const size_t first = sizeof(report.version);\n\n"
             "	if (guest_copy_from(vcpu, &report, vcpu->x[0], first))\n"
             "		return answer(vcpu, HYP_BAD_ADDRESS);\n"
             "	if (report.version != TASK_REPORT_VERSION)\n		return answer(vcpu, HYP_BAD_VALUE);\n"
             "	if (guest_copy_from(vcpu, (char *)&report + first, vcpu->x[0] + first,"
             " sizeof(report) - first))\n"
             "		return answer(vcpu, HYP_BAD_ADDRESS);\n"),)),
    Variant(4, "a fault's kinds by a switch", (
        Edit(ABORT, "	if (esr & ISS_ABT_S1PTW)\n		return page;\n", ""),
        Edit(ABORT, "	if ((FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE) == FSC_PERMISSION)\n"
             "		return guest_va_to_ipa(far, &ipa) ? NO_IPA : ipa;\n	return page | far %"
             " PAGE_SIZE;\n",
             "	switch (esr & ISS_ABT_S1PTW ? FSC_EXTERNAL : FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE)"
             " {\n"
             "	case FSC_EXTERNAL:\n		return page;\n	case FSC_PERMISSION:\n"
             "		if (guest_va_to_ipa(far, &ipa))\n			return NO_IPA;\n		return ipa;\n"
             "	default:\n		return page + (far & (PAGE_SIZE - 1));\n	}\n"),)),
    Variant(4, "hypercalls by one switch", (
        Edit(HYPERCALL, "	unsigned int call = FIELD_GET(ISS_IMM16, esr);\n\n	if (call == HVC_SMCCC)"
             "		/* most calls are */\n		return smccc(vcpu);\n	switch (call) {\n",
             "	switch (FIELD_GET(ISS_IMM16, esr)) {\n	case HVC_SMCCC:\n		return smccc(vcpu);\n"),)),
]
