// SPDX-License-Identifier: MIT
/* Print a translation table as runs of equal attributes. */
#include "panic.h"
#include "pgtable.h"
#include "printf.h"
#include "say.h"

#define PTE_ATTRIBUTES	(~(PTE_ADDR | PTE_TYPE))

/* Leaves with contiguous input and output addresses and equal attributes. */
struct run {
	uint64_t start, end, pa, attributes;
	unsigned int blocks, pages;
};

static void print_run(const struct pgtable *pt, const struct run *run)
{
	if (run->start == run->end)
		return;
	say(pt->regime->name, "0x%09lx..0x%09lx -> 0x%09lx attributes 0x%016lx",
	    run->start, run->end - 1, run->pa, run->attributes);
	if (run->blocks)
		printf(", %u block%s", run->blocks, run->blocks > 1 ? "s" : "");
	if (run->pages)
		printf(", %u page%s", run->pages, run->pages > 1 ? "s" : "");
	printf("\n");
}

static int visit_print(struct pt_visit *v)
{
	struct run *run = v->arg;
	uint64_t entry = *v->entry;
	uint64_t pa = entry & PTE_ADDR;
	uint64_t attributes = entry & PTE_ATTRIBUTES;

	if (!(entry & PTE_VALID))
		return 0;
	if (v->start != run->end || attributes != run->attributes ||
	    pa - run->pa != v->start - run->start) {
		print_run(v->pt, run);
		*run = (struct run){ .start = v->start, .pa = pa,
				     .attributes = attributes };
	}
	run->end = v->end;
	if (v->level == PT_LAST_LEVEL)
		run->pages++;
	else
		run->blocks++;
	return 0;
}

void pt_print(struct pgtable *pt)
{
	struct run run = { 0 };

	pt_walk(pt, 0, BIT(pt->input_bits), visit_print, &run);
	print_run(pt, &run);
}
