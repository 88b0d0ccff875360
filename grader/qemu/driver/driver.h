/* SPDX-License-Identifier: MIT */
/*
 * A stage whose hyp_main() runs a script: a list of function calls that the grader
 * writes to memory, where it also reads the results. qemu/call_script.py is the other
 * side. Scripts can also call the functions of labNN.c here.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "bits.h"

/* Physical memory that no stage uses. From lab 3 on a script first maps it for EL2. */
#define SCRIPT_BASE	U64(0x48000000)
#define COUNTER_HZ	U64(0x487ffff8)		/* CNTFRQ_EL0 at the start, in a word */
#define RESULTS_BASE	U64(0x48800000)		/* x0 of each call */
#define SCRATCH_BASE	U64(0x49000000)		/* what the script fills for its calls */
#define LOG_BASE	U64(0x4a000000)
#define LOG_END		U64(0x4e000000)

/* The kinds of records in the log. */
enum record {
	RECORD_RETURN,		/* x0, x1: the call is over */
	RECORD_WORDS,		/* contract_read() */
	RECORD_INVALIDATE,	/* address, level, entry: see contract_invalidate() */
	RECORD_TABLE,		/* address, entries, then index and value of each that is not 0 */
	RECORD_VISIT,		/* start, end, level, entry */
	RECORD_EVENT,		/* for the contracts of one lab: see its file */
};

/* Add a record to the log. */
void record(enum record kind, const uint64_t *words, size_t count);

/* Return the word at `address`, as an argument of a later call. */
uint64_t contract_load(const uint64_t *address);

void contract_store(uint64_t *address, uint64_t value);

/* 16 bytes, returned in x0 and x1; also holds all shorter results. */
struct result {
	uint64_t x0, x1;
};

/* Return both: an earlier result and what was loaded after it. */
struct result contract_pair(uint64_t x0, uint64_t x1);

/* Nanoseconds of virtual time. QEMU's counters have 62.5 MHz or, from version 9 on, 1 GHz. */
uint64_t contract_ns(uint64_t ticks);

/* Call function(a, b, c). Return its result, and how many instructions were executed. */
struct result contract_timed(uint64_t (*function)(uint64_t a, uint64_t b, uint64_t c),
			     uint64_t a, uint64_t b, uint64_t c);

struct pgtable;

/* Record each table of `pt`, its root first. Lab 2 and later. */
void contract_tables(const struct pgtable *pt);

/* Record `count` words from `address` on. */
void contract_read(const uint64_t *address, size_t count);

#endif
